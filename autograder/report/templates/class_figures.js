// All around the table: who needs staff, scores, mistakes, checks, signs to look at, time.

function drawFigures(data) {
    drawStaff(data);
    drawTiles(data);
    drawHistogram(data);
    drawMistakes(data);
    drawChecks(data);
    drawFlags(data);
    drawTiming(data);
}

function drawStaff({ staff, students }) {
    byId("staff").hidden = !staff.length;
    byId("staff").querySelector("ul").replaceChildren(...staff.map((reason) => make("li", {},
        people(reason.students), `: ${reason.why} (${reason.checks.slice(0, 3).join(" ")}`
        + `${reason.checks.length > 3 ? ` and ${counted(reason.checks.length - 3, "more check")}` : ""})`)));
}

function drawTiles({ students, scores, max_score }) {
    const number = (test) => String(students.filter(test).length);
    const tiles = [
        ["students", String(students.length)],
        ["mean", `${points(scores.mean)} of ${points(max_score)}`],
        ["median", points(scores.median)],
        ["full marks", number(({ score }) => score >= max_score)],
        ["unreadable", number(({ status }) => status === "unreadable")],
        ["need staff", number(({ status }) => status === NEEDS_STAFF)],
        ["to look at", number(({ flags }) => flags.length)],
        ["with written answers", number(({ written }) => written)],
    ];
    replace("tiles", ...tiles.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

function drawHistogram({ scores, max_score }) {
    const [width, height, left, top] = [360, 115, 30, 10];
    const most = Math.max(1, ...scores.bins.map(({ count }) => count));
    const x = (score) => left + (width * score) / (max_score || 1);
    const line = (kind, score) => make("svg:line", { class: kind, x1: x(score), x2: x(score), y1: top, y2: top + height });
    const bars = scores.bins.map((bin) => {
        const tall = (height * bin.count) / most;
        const place = { x: x(bin.from) + 0.5, y: top + height - tall, width: x(bin.to) - x(bin.from) - 1, height: tall };
        return make("svg:rect", place, make("svg:title", {}, `${points(bin.from)} to ${points(bin.to)}: ${counted(bin.count, "student")}`));
    });
    const word = (at, y, text, anchor) => make("svg:text", { x: at, y, "text-anchor": anchor }, text);
    const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => word(x(part * max_score), top + height + 12, points(part * max_score), "middle"));
    const axis = make("svg:line", { class: "axis", x1: left, x2: left + width, y1: top + height, y2: top + height });
    replace("histogram", ...bars, axis, line("mean", scores.mean), line("median", scores.median), ...ticks,
        word(left - 4, top + 7, String(most), "end"), word(left - 4, top + height, "0", "end"));
    const words = `Mean ${points(scores.mean)} (dashed), median ${points(scores.median)} (line).`;
    byId("histogram").setAttribute("aria-label", `Students by score. ${words}`);
    byId("averages").textContent = words;
}

function drawMistakes({ mistakes }) {
    const lines = mistakes.map(({ name, kind, questions, students }) => {
        const where = Object.entries(questions).map(([question, count]) => (count < students.length ? `${question} ${count}` : question));
        const words = ` in ${where.join(", ")}${kind === "convention" ? "; another published form" : ""}`;
        return counting(String(students.length), make("a", { href: `#${new URLSearchParams({ mistake: name })}` }, name), make("span", { class: "soft" }, words));
    });
    replace("mistakes", ...(lines.length ? lines : [make("li", {}, "Nobody made a mistake that has a name.")]));
}

/** A line of a list that begins with how many or how much. */
function counting(amount, ...what) {
    return make("li", { class: "counting" }, make("span", { class: "number" }, amount), make("span", {}, ...what));
}

function drawChecks({ checks }) {
    const tried = checks.filter((check) => check.tried);
    const extreme = (words, found) => make("p", {}, make("b", {}, `${words}: `), found.map(({ title }) => title).join(" ") || "none.");
    replace("extremes", extreme("Nobody passes", tried.filter(({ passed }) => !passed)),
        extreme("All who try pass", tried.filter((check) => check.passed === check.tried)),
        extreme("Nobody tries", checks.filter((check) => !check.tried)));
    byId("rates").tBodies[0].replaceChildren(...checks.map((check) => make("tr", {},
        make("th", { scope: "row" }, check.title),
        make("td", { class: "number" }, String(check.passed)),
        make("td", { class: "number" }, String(check.tried)),
        make("td", {}, check.tried ? rate(check) : "–"))));
}

function rate({ passed, tried, name }) {
    const share = passed / tried;
    return make("span", {}, make("meter", { value: share, "aria-label": `Share that passes ${name}` }), ` ${Math.round(100 * share)} %`);
}

function drawFlags({ students, groups }) {
    const counts = new Map();
    for (const { flags } of students) {
        for (const kind of new Set(flags.map((flag) => flag.kind))) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const parts = [...counts].sort().flatMap(([kind, count]) => {
        const address = `#${new URLSearchParams({ flag: kind })}`;
        const lines = groups.filter((group) => group.kind === kind).map((group) => make("li", {},
            group.href ? make("a", { href: group.href }, group.what) : group.what, ": ", people(group.students)));
        return [make("h3", {}, make("a", { href: address }, kind), `: ${counted(count, "student")}`), make("ul", { class: "plain" }, ...lines)];
    });
    replace("flags", ...(parts.length ? parts : [make("p", {}, "None.")]));
}

function drawTiming({ timing, students, checks }) {
    const slow = [...checks].sort((one, other) => other.seconds - one.seconds).slice(0, timing.slowest.length);
    replace("timing",
        make("p", {}, `All checks took ${time(timing.total)}, those of all students added up; a student's ${time(timing.median)} in the median.`),
        make("div", { class: "columns" },
            make("div", {}, make("h3", {}, "Students who took longest"),
                make("ol", { class: "plain" }, ...timing.slowest.map((place) => counting(time(students[place].seconds), reportOf(place))))),
            make("div", {}, make("h3", {}, "Checks that took longest, all students together"),
                make("ol", { class: "plain" }, ...slow.map((check) => counting(time(check.seconds), check.name,
                    make("span", { class: "soft" }, `, ${time(check.median)} in the median`)))))));
}
