# SpamAssassin's Bayes alone, in one process: reads lines "score PATH", "spam PATH", "ham PATH", answers each by a line.
use strict;
use warnings;
use Mail::SpamAssassin;

my ($folder) = @ARGV;
$| = 1;
my $spamassassin = Mail::SpamAssassin->new({
    rules_filename => "$folder/rules",
    site_rules_filename => "$folder/rules",
    userprefs_filename => "$folder/prefs",
    userstate_dir => $folder,
    local_tests_only => 1,
    dont_copy_prefs => 1,
    post_config_text => join("\n",
        "use_bayes 1", "bayes_auto_learn 0", "bayes_auto_expire 0", "bayes_learn_to_journal 0", "bayes_path $folder/bayes",
        "bayes_min_spam_num 1", "bayes_min_ham_num 1", "lock_method flock", "required_score 5", ""),
});
$spamassassin->init(1);
$spamassassin->init_learner({ wait_for_lock => 1 });
my ($bayes) = grep { ref($_) eq 'Mail::SpamAssassin::Plugin::Bayes' } @{ $spamassassin->{plugins}->{plugins} };
die "no Bayes plugin\n" unless $bayes;
while (my $line = <STDIN>) {
    chomp $line;
    my ($what, $path) = split / /, $line, 2;
    open(my $file, '<:raw', $path) or die "$path: $!";
    my $octets = do { local $/; <$file> };
    close $file;
    my $message = $spamassassin->parse($octets);
    if ($what eq 'score') {
        my $status = Mail::SpamAssassin::PerMsgStatus->new($spamassassin, $message);
        my $score = $bayes->scan($status, $message);
        $status->finish();
        printf "%.17g\n", defined $score ? $score : 0.5;
    } else {
        $spamassassin->learn($message, undef, $what eq 'spam' ? 1 : 0, 0)->finish();
        print "learned\n";
    }
    $message->finish();
}
