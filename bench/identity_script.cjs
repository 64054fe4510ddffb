// What `bench.identity` has node do: check one message so many times with mailauth's parts, DNS from a table.
// Its parts, in the order of its own `authenticate`, as the whole wants a newer node than Debian's.
const fs = require("fs");
const [folder, file, count] = process.argv.slice(2);
const root = `${folder}/node_modules/mailauth`;
const { dkimVerify } = require(`${root}/lib/dkim/verify`);
const { spf } = require(`${root}/lib/spf`);
const { dmarc } = require(`${root}/lib/dmarc`);
const { records, message, options } = JSON.parse(fs.readFileSync(file, "utf8"));
const content = Buffer.from(message, "base64");
async function resolver(name, kind) {
    const found = kind === "TXT" ? records[name.toLowerCase()] : undefined;
    if (found === undefined) throw Object.assign(new Error("ENOTFOUND"), { code: "ENOTFOUND" });
    return [[found]];
}
async function check() {
    const signatures = await dkimVerify(content, { resolver, sender: options.sender });
    const sent = await spf({ ...options, resolver });
    const verdict = await dmarc({
        resolver,
        headerFrom: signatures.headerFrom,
        spfDomains: [].concat((sent.status.result === "pass" && sent.domain) || []),
        dkimDomains: (signatures.results || [])
            .filter((one) => one.status.result === "pass")
            .map((one) => ({ id: one.id, domain: one.signingDomain, aligned: one.status.aligned })),
    });
    return [sent.status.result, signatures.results[0].status.result, verdict.status.result];
}
(async () => {
    let result;
    for (let done = 0; done < Number(count); done++) result = await check();
    process.stdout.write(JSON.stringify(result));
})();
