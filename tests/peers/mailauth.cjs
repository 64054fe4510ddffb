// Ask the npm package mailauth, for tests: a list of jobs comes on standard input, a list of answers goes out.
// argv: the folder the package is installed in. A job names what to do ("verify", "chain", "sign", "seal").
const path = require("node:path");
const root = path.join(process.argv[2], "node_modules/mailauth");
// Not the package as a whole: that wants a newer node than Debian's.
const { dkimSign } = require(path.join(root, "lib/dkim/sign"));
const { dkimVerify } = require(path.join(root, "lib/dkim/verify"));
const { arc, sealMessage } = require(path.join(root, "lib/arc"));

const act = async (job, records) => {
    const message = Buffer.from(job.message, "base64");
    const resolver = async (name, kind) => {
        if (kind === "TXT" && records[name]) return [[records[name]]];
        throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
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
