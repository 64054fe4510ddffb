// What `bench.identity` has node do: authenticate one message so many times with mailauth, DNS answered from a table.
const fs = require("fs");
const [folder, file, count] = process.argv.slice(2);
const { authenticate } = require(`${folder}/node_modules/mailauth`);
const { records, message, options } = JSON.parse(fs.readFileSync(file, "utf8"));
const content = Buffer.from(message, "base64");
async function resolver(name, kind) {
    const found = kind === "TXT" ? records[name.toLowerCase()] : undefined;
    if (found === undefined) throw Object.assign(new Error("ENOTFOUND"), { code: "ENOTFOUND" });
    return [[found]];
}
(async () => {
    let result;
    for (let done = 0; done < Number(count); done++) {
        result = await authenticate(content, { ...options, resolver });
    }
    process.stdout.write(JSON.stringify([result.spf.status.result, result.dkim.results[0].status.result,
        result.dmarc.status.result]));
})();
