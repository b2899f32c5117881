// What mailauth says of each signature of letters. in: JSON {"letters": [latin-1 text], "records": {name: text}}; out: JSON, for each letter a list of
// "rsa-sha256 pass".
const { dkimVerify } = require("mailauth/lib/dkim/verify");

async function main() {
    let text = "";
    for await (const chunk of process.stdin) text += chunk;
    const { letters, records } = JSON.parse(text);
    const resolver = async (name, type) => {
        if (type !== "TXT" || !records[name]) throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
        return [[records[name]]];
    };
    const out = [];
    for (const letter of letters) {
        const { results } = await dkimVerify(Buffer.from(letter, "latin1"), { resolver });
        out.push(results.map((x) => `${x.algo} ${x.status.result}${x.status.comment ? " " + x.status.comment : ""}`));
    }
    console.log(JSON.stringify(out));
}

main();
