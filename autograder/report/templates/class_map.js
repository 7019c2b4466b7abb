// Students × checks, drawn; the table of checks says the same in words.

const CELL = { least: 17, most: 32 }, GAP = 4, NAME_WIDTH = 150, CANVAS_LIMIT = 16000;
const TONES = [
    { words: "passed", colour: "--passed" },
    { words: "wrong: failed, diverged, not finite or invented", colour: "--bad" },
    { words: "ended otherwise: error, timeout, memory, crash, forbidden, malformed", colour: "--yours" },
    { words: "not attempted or skipped", colour: "--untried" },
    { words: "needs staff", colour: "--link" },
];
const WRONG = ["failed", "diverged", "not finite", "invented"];
const map = { rows: [], columns: [], cell: CELL.least, height: 0, left: 0, timer: 0 };

function toneOf(verdict) {
    if (verdict === PASSED) return 0;
    if (WRONG.includes(verdict)) return 1;
    return UNTRIED.includes(verdict) ? 3 : verdict === NEEDS_STAFF ? 4 : 2;
}

function drawLegend() {
    replace("legend", ...TONES.map(({ words, colour }) => {
        const patch = make("i");
        patch.style.background = `var(${colour})`;
        return make("span", {}, patch, words);
    }));
}

/** Where the columns begin: as wide as there is room for, with a gap between questions. */
function placeColumns() {
    const gaps = shown.checks.map((check, number) => Number(number > 0 && check.question !== shown.checks[number - 1].question));
    const room = byId("map").clientWidth - map.left - GAP * gaps.reduce((one, other) => one + other, 0);
    map.cell = Math.max(CELL.least, Math.min(CELL.most, Math.floor(room / gaps.length)));
    let x = -map.cell;
    map.columns = gaps.map((gap) => (x += map.cell + GAP * gap));
}

/** Draw once the table is there, which people wait for. */
function drawMapSoon(wanted) {
    clearTimeout(map.timer);
    requestAnimationFrame(() => { map.timer = setTimeout(drawMap, 0, wanted); });
}

/** Draw the rows that the table shows, in its order. */
function drawMap(wanted) {
    const ratio = devicePixelRatio || 1;
    const usual = wanted.length <= 80 ? 15 : wanted.length <= 300 ? 6 : 3;
    map.rows = wanted;
    map.height = Math.max(1 / ratio, Math.min(usual, CANVAS_LIMIT / ratio / Math.max(1, wanted.length)));
    map.left = map.height >= 12 ? NAME_WIDTH : 0;
    placeColumns();
    const [width, height] = [map.left + (map.columns.at(-1) ?? 0) + map.cell, map.height * wanted.length];
    const canvas = byId("heat");
    Object.assign(canvas, { width: Math.ceil(width * ratio), height: Math.ceil(height * ratio) });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    canvas.setAttribute("aria-label", `Verdicts of ${counted(wanted.length, "student")} in ${counted(map.columns.length, "check")}; the table of checks below has the pass rates.`);
    placeLabels(width);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    paint(pen, wanted);
}

function placeLabels(width) {
    const labels = shown.checks.map((check, number) => {
        const label = make("span", { title: check.title }, check.name);
        label.style.left = `${map.left + map.columns[number] + (map.cell - 12) / 2}px`;
        return label;
    });
    replace("labels", ...labels);
    byId("labels").style.width = `${width}px`;
}

/** A dot for each verdict first, which are then drawn as large as they are to be, a column at a time. */
function paint(pen, wanted) {
    const height = map.height * wanted.length;
    const dots = dotsOf(wanted);
    pen.imageSmoothingEnabled = false;
    if (dots) map.columns.forEach((x, number) => pen.drawImage(dots, number, 0, 1, wanted.length, map.left + x, 0, map.cell - 1, height));
    if (map.height > 5) wanted.forEach((_, row) => pen.clearRect(map.left, (row + 1) * map.height - 1, map.columns.at(-1) + map.cell, 1));
    if (!map.left) return;
    pen.fillStyle = colourOf("--ink");
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    wanted.forEach(({ student }, row) => pen.fillText(fitted(pen, student.name), 2, (row + 0.5) * map.height));
}

function dotsOf(wanted) {
    const width = map.columns.length;
    if (!width || !wanted.length) return null;
    const dots = Object.assign(document.createElement("canvas"), { width, height: wanted.length });
    const pen = dots.getContext("2d", { willReadFrequently: true });
    const image = pen.createImageData(width, wanted.length);
    const pixels = new Uint32Array(image.data.buffer);
    const tones = TONES.map(({ colour }) => pixelOf(pen, colourOf(colour)));
    const codes = new Map(Object.entries(shown.verdicts).map(([code, verdict]) => [code, tones[toneOf(verdict)]]));
    wanted.forEach(({ student }, row) => {
        for (let number = 0; number < width; number++) pixels[row * width + number] = codes.get(student.verdicts[number]) ?? 0;
    });
    pen.putImageData(image, 0, 0);
    return dots;
}

function colourOf(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name);
}

/** A colour as a canvas holds it. */
function pixelOf(pen, colour) {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return new Uint32Array(pen.getImageData(0, 0, 1, 1).data.buffer)[0];
}

function fitted(pen, name) {
    let text = name.slice(0, 40);
    while (text.length > 1 && pen.measureText(text).width > NAME_WIDTH - 10) text = `${text.slice(0, -2)}…`;
    return text;
}

/** The row and the number of the check that lie under the pointer. */
function under(event) {
    const edge = byId("heat").getBoundingClientRect();
    const [x, y] = [event.clientX - edge.left - map.left, event.clientY - edge.top];
    return { row: map.rows[Math.floor(y / map.height)], number: map.columns.findLastIndex((left) => left <= x) };
}

byId("heat").addEventListener("pointermove", (event) => {
    const { row, number } = under(event);
    const check = shown.checks[number];
    byId("tip").hidden = !row;
    if (!row) return;
    const words = check ? `${shown.verdicts[row.student.verdicts[number]] ?? "not asked"}: ${check.title}` : "";
    replace("tip", make("b", {}, row.student.name), words);
    const tip = byId("tip").getBoundingClientRect();
    byId("tip").style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.width - 8))}px`;
    byId("tip").style.top = `${event.clientY + 18 + tip.height > innerHeight ? event.clientY - tip.height - 10 : event.clientY + 18}px`;
});
byId("heat").addEventListener("pointerleave", () => { byId("tip").hidden = true; });
byId("heat").addEventListener("click", (event) => {
    const { row } = under(event);
    if (row) location.href = row.student.href;
});
addEventListener("resize", () => drawMap(map.rows));
for (const query of ["(prefers-color-scheme: dark)", "print"]) {
    matchMedia(query).addEventListener("change", () => drawMap(map.rows));
}
