// Ask the npm package mailauth, for tests: a list of jobs comes on standard input, a list of answers goes out.
// argv: the folder the package is installed in. A job names what to do ("verify", "sign", "seal", "dmarc").
const path = require("node:path");
const root = path.join(process.argv[2], "node_modules/mailauth");
// Not the package as a whole: that wants a newer node than Debian's.
const { dkimSign } = require(path.join(root, "lib/dkim/sign"));
const { dkimVerify } = require(path.join(root, "lib/dkim/verify"));
const { arc, sealMessage } = require(path.join(root, "lib/arc"));
const { dmarc } = require(path.join(root, "lib/dmarc"));

const failure = (code) => Object.assign(new Error(code), { code });

const evaluate = async ({ author, spf, dkim, records, exist, fail }) => {
    const resolver = async (name, kind) => {
        if (fail.includes(name)) throw failure("ESERVFAIL");
        if (kind === "TXT" && records[name]) return records[name].map((text) => [text]);
        throw failure(records[name] || exist.includes(name) ? "ENODATA" : "ENOTFOUND");
    };
    const found = await dmarc({ headerFrom: [`joe@${author}`], spfDomains: spf, dkimDomains: dkim, resolver });
    return {
        result: found.status.result,
        policy: found.policy ?? null,
        at: found.policyDomain ?? "",
        spf: Boolean(found.alignment?.spf.result),
        dkim: Boolean(found.alignment?.dkim.result),
    };
};

const act = async (job, records) => {
    const message = Buffer.from(job.message, "base64");
    const resolver = async (name, kind) => {
        if (kind === "TXT" && records[name]) return [[records[name]]];
        throw failure("ENOTFOUND");
    };
    switch (job.act) {
        case "verify": {
            const found = await dkimVerify(message, { resolver, strict: true });
            const chain = await arc(found.arc, { resolver, strict: true });
            return { dkim: found.results.map((one) => one.status.result), arc: chain.status.result };
        }
        case "sign":
            return (await dkimSign(message, job.options)).signatures;
        case "seal":
            return (await sealMessage(message, job.options)).toString();
        case "dmarc":
            return evaluate(job.options);
    }
};

(async () => {
    const chunks = [];
    for await (const chunk of process.stdin) chunks.push(chunk);
    const { records, jobs } = JSON.parse(Buffer.concat(chunks));
    const answers = [];
    for (const job of jobs) answers.push(await act(job, records));
    process.stdout.write(JSON.stringify(answers));
})();
