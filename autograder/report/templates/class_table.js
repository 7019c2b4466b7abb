// The table: rows are made once, sorted and filtered in place, and what is chosen stands in the address.

const COLLATOR = new Intl.Collator(undefined, { numeric: true });
const FILTERS = ["q", "status", "lost", "mistake", "flag"];
const LOST_SHOWN = 5, BODY_ROWS = 40;
const WRITTEN = "written answers";
const COLUMNS = [
    { id: "name", words: "student", of: (row) => row.student.name },
    { id: "score", words: "score", number: true, of: (row) => row.student.score },
    { id: "status", words: "status", of: (row) => row.student.status },
    { id: "lost", words: "lost", number: true, left: true, of: (row) => row.lost.length },
    { id: "mistakes", words: "mistakes", of: (row) => row.mistakes.join() || "\uffff" },
    { id: "flag", words: "look at", number: true, left: true, of: (row) => row.student.flags.length },
    { id: "packed", words: "packed", of: (row) => row.student.packed },
    { id: "seconds", words: "time", number: true, of: (row) => row.student.seconds },
];
const rows = new Map(); // by the student's link, which no two share
let order = [], choice = { sort: "name" };

function fillTable(data) {
    const before = new Map(rows);
    rows.clear();
    data.students.forEach((student, place) => {
        const text = JSON.stringify([student, Object.values(student.mistakes).map((number) => data.mistakes[number].name)]);
        const row = before.get(student.href);
        rows.set(student.href, row?.text === text ? Object.assign(row, { student, place }) : rowOf(student, place, text));
    });
    const kinds = data.students.flatMap((student) => student.flags.map((flag) => flag.kind));
    fillSelect("status", [...new Set(data.students.map((student) => student.status))].sort());
    fillSelect("lost", data.questions.map(({ id }) => id));
    fillSelect("mistake", data.mistakes.map(({ name }) => name).sort());
    fillSelect("flag", [...new Set(kinds), ...(data.students.some(({ written }) => written) ? [WRITTEN] : [])].sort());
    fillHead(data.students.some(({ packed }) => packed));
}

function rowOf(student, place, text) {
    const lost = shown.questions.flatMap((question, number) => {
        const score = student.questions[number];
        return score !== null && score < question.points ? [{ id: question.id, words: `${question.id} ${points(score)}/${points(question.points)}` }] : [];
    });
    const mistakes = Object.entries(student.mistakes).map(([question, number]) => `${question}: ${shown.mistakes[number].name}`);
    const names = Object.values(student.mistakes).map((number) => shown.mistakes[number].name);
    const flags = student.flags.map((flag) => `${flag.kind}: ${flag.text}`);
    const haystack = [student.name, student.problem, ...names].join("\n").toLowerCase();
    const row = { student, place, text, lost, mistakes, names, haystack };
    row.element = make("tr", { role: "row" }, ...cells(row, flags));
    return row;
}

function cells({ student, lost, mistakes }, flags) {
    const colour = { unreadable: "status fair", [NEEDS_STAFF]: "status bad" }[student.status] ?? "status soft";
    const looks = student.flags.flatMap(({ kind, href }, number) => [number ? ", " : "", href ? make("a", { href }, kind) : kind]);
    return [
        make("th", { scope: "row", role: "rowheader", class: "name", title: student.name }, make("a", { href: student.href }, student.name)),
        make("td", { role: "cell", class: "score number" }, points(student.score)),
        make("td", { role: "cell", class: colour }, student.status),
        make("td", { role: "cell", class: "lost", title: student.problem || lost.map(({ words }) => words).join("\n") }, student.problem || lostWords(lost)),
        make("td", { role: "cell", class: "mistakes", title: mistakes.join("\n") }, mistakes.join(", ")),
        make("td", { role: "cell", class: "flag", title: flags.join("\n") }, ...looks),
        make("td", { role: "cell", class: "packed" }, student.packed.replace("T", " ").slice(0, 16)),
        make("td", { role: "cell", class: "seconds number" }, time(student.seconds)),
    ];
}

function lostWords(lost) {
    if (lost.length === shown.questions.length && lost.length > 1) return "all questions";
    const more = lost.length - LOST_SHOWN;
    return lost.slice(0, LOST_SHOWN).map(({ words }) => words).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function fillHead(hasPacked) {
    byId("table").classList.toggle("unpacked", !hasPacked);
    const head = byId("table").tHead.rows[0];
    if (head.cells.length) return;
    for (const column of COLUMNS) {
        const button = make("button", { type: "button" }, column.words);
        button.addEventListener("click", () => choose({ sort: sortedBy(column.id) }));
        const kind = column.number && !column.left ? `${column.id} number` : column.id;
        head.append(make("th", { scope: "col", role: "columnheader", class: kind, "data-words": column.words }, button));
    }
}

/** The other way round if the table is sorted by this column already; numbers begin with the largest. */
function sortedBy(id) {
    const [first, second] = COLUMNS.find((column) => column.id === id).number ? [`-${id}`, id] : [id, `-${id}`];
    return choice.sort === first ? second : first;
}

function fillSelect(id, values) {
    const options = [make("option", { value: "" }, "all"), ...values.map((value) => make("option", { value }, value))];
    if (byId(id).options.length !== options.length || values.some((value, n) => byId(id).options[n + 1].value !== value)) {
        replace(id, ...options);
    }
}

/** Change what is chosen, and the address with it. */
function choose(change) {
    choice = { ...choice, ...change };
    const state = new URLSearchParams(Object.entries(choice).filter(([key, value]) => value && !(key === "sort" && value === "name")));
    history.replaceState(null, "", `#${state}`);
    apply();
}

/** Choose what the address says. */
function readHash() {
    const state = new URLSearchParams(location.hash.slice(1));
    const sort = state.get("sort") ?? "name";
    choice = { sort: COLUMNS.some(({ id }) => id === sort.replace("-", "")) ? sort : "name" };
    for (const id of FILTERS) choice[id] = state.get(id) ?? "";
    apply();
}

function apply() {
    for (const id of FILTERS) if (byId(id).value !== choice[id]) byId(id).value = choice[id];
    const column = COLUMNS.find(({ id }) => id === choice.sort.replace("-", ""));
    const sign = choice.sort.startsWith("-") ? -1 : 1;
    for (const [number, head] of [...byId("table").tHead.rows[0].cells].entries()) {
        if (COLUMNS[number] !== column) head.removeAttribute("aria-sort");
        else head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    }
    const wanted = sorted(column, sign).filter(isWanted);
    arrange(wanted);
    byId("count").value = wanted.length === rows.size ? counted(rows.size, "student") : `${wanted.length} of ${counted(rows.size, "student")}`;
    drawMapSoon(wanted);
}

function sorted(column, sign) {
    const compare = column.number ? (a, b) => a - b : COLLATOR.compare;
    const keyed = [...rows.values()].map((row) => [column.of(row), row]);
    return keyed.sort(([a, one], [b, other]) => sign * compare(a, b) || one.place - other.place).map(([, row]) => row);
}

/** Have these rows in the table, in this order; nothing is touched where they are so already. */
function arrange(wanted) {
    if (wanted.length === order.length && wanted.every((row, number) => row === order[number])) return;
    order = wanted;
    const focused = document.activeElement;
    const bodies = [];
    for (let first = 0; first < order.length; first += BODY_ROWS) {
        const elements = order.slice(first, first + BODY_ROWS).map((row) => row.element);
        bodies.push(make("tbody", { role: "rowgroup", style: `--rows: ${elements.length}` }, ...elements));
    }
    byId("table").replaceChildren(byId("table").tHead, ...bodies);
    if (focused.isConnected) focused.focus({ preventScroll: true });
}

function isWanted({ student, lost, names, haystack }) {
    return haystack.includes(choice.q.toLowerCase())
        && (!choice.status || student.status === choice.status)
        && (!choice.lost || lost.some(({ id }) => id === choice.lost))
        && (!choice.mistake || names.includes(choice.mistake))
        && (!choice.flag || student.flags.some(({ kind }) => kind === choice.flag) || (choice.flag === WRITTEN && student.written > 0));
}

for (const id of FILTERS) byId(id).addEventListener("input", () => choose({ [id]: byId(id).value }));
byId("clear").addEventListener("click", () => choose(Object.fromEntries(FILTERS.map((id) => [id, ""]))));
addEventListener("hashchange", () => {
    readHash();
    byId("students").scrollIntoView();
});
