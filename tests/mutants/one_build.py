#!/usr/bin/env python3
"""Tests all changes of a package in one build: the list is that of `cargo mutants`, and the variable MUTANT selects one.

    tests/mutants/one_build.py sentry-macros
    tests/mutants/one_build.py sentry-runtime --file scrub.rs --file 'scrub/*.rs'
    tests/mutants/one_build.py sentry-runtime --file transport/rate_limits.rs --test delivery
    tests/mutants/one_build.py sentry-macros --test attributes_diagnostics

Each function with changes becomes a `match` over its changed bodies. Changes that do not compile are removed until the
build succeeds. Each test then runs once alone, to record the functions that it reaches, and each change costs the tests
that reach its function. The sources are those of HEAD, copied to target/mutants/; the working tree is not touched.

Left out: changes of constants, of `const fn`, of functions that return `impl Trait`, and of functions whose body cannot be
copied. `tests/mutants.sh` runs those, at one build for each. With --test, the integration tests run after the unit tests,
for the changes that are left. A change in a macro reaches its unit tests, and tests that call the compiler themselves: the
others run code that was expanded before. Survivors are printed on stderr at once, and summed up at the end.
"""
import argparse, collections, concurrent.futures, json, os, pathlib, re, resource, signal, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The end of the package's lib.rs in the copy. A program that a test starts finds the variables in its environment or,
# if the test cleared that, in the environment of its parent.
HELPER = r'''
#[doc(hidden)]
#[allow(missing_docs, clippy::all, unreachable_pub, dead_code)]
pub(crate) fn __mutant(function: u32) -> u32 {
    use std::sync::atomic::{AtomicBool, Ordering};
    static CHOSEN: std::sync::OnceLock<(u32, Option<String>)> = std::sync::OnceLock::new();
    static SEEN: [AtomicBool; 8192] = [const { AtomicBool::new(false) }; 8192];
    let (chosen, trace) = CHOSEN.get_or_init(|| {
        let find = |name: &str| {
            std::env::var(name).ok().or_else(|| {
                let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
                let parent = stat.rsplit(')').next()?.split_whitespace().nth(1)?.to_owned();
                let environ = std::fs::read(format!("/proc/{parent}/environ")).ok()?;
                environ.split(|b| *b == 0).find_map(|entry| {
                    let (key, value) = std::str::from_utf8(entry).ok()?.split_once('=')?;
                    (key == name).then(|| value.to_owned())
                })
            })
        };
        (find("MUTANT").and_then(|m| m.parse().ok()).unwrap_or(0), find("MUTANT_TRACE"))
    });
    if let Some(trace) = trace {
        if !SEEN[function as usize].swap(true, Ordering::Relaxed) {
            use std::io::Write;
            if let Ok(mut file) = std::fs::OpenOptions::new().append(true).create(true).open(trace) {
                let _ = file.write_all(format!("{function}\n").as_bytes());
            }
        }
    }
    *chosen
}
'''


def without_text(source):
    """Returns the source with comments, strings and characters blanked out, of the same length."""
    out, at = list(source), 0
    while at < len(source):
        raw = re.match(r'b?r(#*)"', source[at:at + 12])
        char = re.match(r"'(\\u\{[0-9a-fA-F_]+\}|\\x..|\\.|[^'\\])'", source[at:at + 16])
        if source.startswith('//', at):
            end = source.find('\n', at) % (len(source) + 1)
        elif source.startswith('/*', at):
            end = source.find('*/', at) + 2
        elif raw and not (at and (source[at - 1].isalnum() or source[at - 1] == '_')):
            end = source.find('"' + raw[1], at + len(raw[0])) + 1 + len(raw[1])
        elif source[at] == '"':
            end = at + 1
            while source[end] != '"':
                end += 2 if source[end] == '\\' else 1
            end += 1
        elif char:
            end = at + len(char[0])
        else:
            at += 1
            continue
        for index in range(at, end):
            if out[index] != '\n':
                out[index] = ' '
        at = end
    return ''.join(out)


def start_of_body(clean, start, end):
    depth = 0
    for at in range(start + re.search(r'\bfn\b', clean[start:end]).start(), end):
        depth += (clean[at] in '([') - (clean[at] in ')]')
        if clean[at] == '{' and depth == 0:
            return at
    raise ValueError('a function without a body')


class Copy:
    """A copy of the sources in which each function selects one of its changes."""

    def __init__(self, package, files, tests, out):
        self.package, self.tests, self.src = package, tests, out / 'src'
        if not self.src.exists():
            subprocess.run(['git', 'clone', '-qs', ROOT, self.src], check=True)
        head = subprocess.run(['git', 'rev-parse', 'HEAD'], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
        subprocess.run(['git', 'checkout', '-qf', '--detach', head], cwd=self.src, check=True)
        manifest = json.loads(subprocess.run(['cargo', 'metadata', '--no-deps', '--format-version=1'], cwd=self.src,
                                             capture_output=True, check=True).stdout)
        lib = next(target['src_path'] for found in manifest['packages'] if found['name'] == package
                   for target in found['targets'] if {'lib', 'proc-macro'} & set(target['kind']))
        self.lib = os.path.relpath(lib, self.src)
        folder = os.path.dirname(self.lib)
        listed = ['cargo', 'mutants', '--list', '--json', '--package', package, '--config', 'tests/mutants.toml']
        for file in files:
            listed += ['--file', f'{folder}/{file}']
        self.changes = json.loads(subprocess.run(listed, cwd=self.src, capture_output=True, check=True).stdout)
        self.broken, self.left_out, self.functions, self.uncopied = set(), {}, [], set()
        self.sources = {}
        for number, change in enumerate(self.changes, 1):
            change['id'] = number
            if change['file'] not in self.sources:
                self.sources[change['file']] = (self.src / change['file']).read_text()
        self.sources.setdefault(self.lib, (self.src / self.lib).read_text())
        for file in self.sources:
            self.find_functions(file)

    def find_functions(self, file):
        source = self.sources[file]
        lines = [0]
        for line in source.split('\n'):
            lines.append(lines[-1] + len(line) + 1)
        span = lambda span: tuple(lines[span[end]['line'] - 1] + span[end]['column'] - 1 for end in ('start', 'end'))
        clean, inside = without_text(source), collections.defaultdict(list)
        for change in (change for change in self.changes if change['file'] == file):
            change['from'], change['to'] = span(change['span'])
            if change['function']:
                inside[span(change['function']['span'])].append(change)
            else:
                self.left_out[change['id']] = 'not in a function'
        outermost = [a for a in inside if not any(b != a and b[0] <= a[0] and a[1] <= b[1] for b in inside)]
        for start, end in sorted(outermost):
            changes = [change for at, found in inside.items() if start <= at[0] and at[1] <= end for change in found]
            brace = start_of_body(clean, start, end)
            if re.search(r'\bconst\s+(unsafe\s+)?fn\b|->[^;]*\bimpl\b', clean[start:brace]):
                self.left_out.update({change['id']: 'const fn or impl Trait' for change in changes})
                continue
            number = len(self.functions) + 1
            for change in changes:
                change['in'] = number
            self.functions.append(dict(id=number, file=file, brace=brace, end=end, changes=changes))

    def write(self):
        """Writes the sources. Returns the lines of each change, and with negative numbers of each function, by file."""
        places = {}
        for file, source in self.sources.items():
            text, at, places[file] = '', 0, []
            for function in (f for f in self.functions if f['file'] == file and f['id'] not in self.uncopied):
                first, last = function['brace'] + 1, function['end'] - 1
                text += source[at:first]
                begin = line = text.count('\n') + 1
                text += f" match crate::__mutant({function['id']}) {{\n"
                line += 1
                for change in function['changes']:
                    if change['id'] in self.broken:
                        continue
                    arm = (f"{change['id']} => {{ {source[first:change['from']]}{change['replacement']}"
                           f"{source[change['to']:last]} }}\n")
                    places[file].append((line, line + arm.count('\n') - 1, change['id']))
                    text += arm
                    line += arm.count('\n')
                text += f"_ => {{ {source[first:last]} }}\n}} }}"
                places[file].append((begin, begin, -function['id']))
                places[file].append((line, line + source[first:last].count('\n') + 1, -function['id']))
                at = function['end']
            (self.src / file).write_text(text + source[at:] + (HELPER if file == self.lib else ''))
        return places

    def build(self):
        """Builds without the changes that do not compile. Returns the test programs by name."""
        command = ['cargo', 'test', '--no-run', '--locked', '--message-format=json', '-p', self.package, '--lib']
        for test in self.tests:
            command += ['-p', 'sentry-tests', '--test', test]
        for _ in range(30):
            places, programs, found = self.write(), {}, set()
            run = subprocess.run(command, cwd=self.src, capture_output=True, text=True)
            for line in run.stdout.splitlines():
                message = json.loads(line) if line.startswith('{') else {}
                if message.get('executable') and message['profile']['test']:
                    programs[message['target']['name']] = (message['executable'], os.path.dirname(message['manifest_path']))
                if message.get('reason') == 'compiler-message' and message['message']['level'] == 'error':
                    found |= self.blamed(message['message']['spans'], places)
            if run.returncode == 0:
                return programs
            if not found:
                sys.exit(run.stderr)
            self.broken |= {number for number in found if number > 0}
            for number in (-number for number in found if number < 0):
                changes = self.functions[number - 1]['changes']
                if not any(change['id'] in found for change in changes):
                    self.uncopied.add(number)
                    self.left_out.update({change['id']: 'cannot be copied' for change in changes})
        sys.exit('some changes never compile')

    @staticmethod
    def blamed(spans, places):
        """Returns the changes and functions that an error concerns, by its primary or else its secondary spans."""
        for primary in (True, False):
            found = {number for span in spans if span['is_primary'] == primary
                     for file, ranges in places.items() if file.endswith(span['file_name'])
                     for first, last, number in ranges if first <= span['line_start'] <= last}
            if found:
                return found
        return set()


class Program:
    """A test program, with the functions that each of its tests reaches."""

    def __init__(self, path, folder, out, options):
        self.path, self.folder, self.patience = path, folder, options.patience
        printed = ['rustc', '--print', 'sysroot', '--print', 'target-libdir']
        sysroot, libraries = subprocess.run(printed, capture_output=True, text=True, check=True).stdout.split()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith('SENTRY_')}
        self.environment |= dict(RUST_BACKTRACE='0', CARGO='cargo', CARGO_MANIFEST_DIR=folder, CARGO_PKG_NAME='name',
                                 CARGO_PKG_VERSION='1.0.0', LD_LIBRARY_PATH=f'{sysroot}/lib:{libraries}:{os.path.dirname(path)}')
        listed = subprocess.run([path, '--list', '--format', 'terse'], cwd=folder, env=self.environment,
                                capture_output=True, text=True, check=True).stdout
        names = [line.removesuffix(': test') for line in listed.splitlines() if line.endswith(': test')]
        names = [name for name in names if not any(skipped in name for skipped in options.skip)]
        self.seconds, self.reach = {}, collections.defaultdict(list)

        def trace(numbered):
            number, test = numbered
            file, start = out / f'trace-{number}', time.time()
            file.unlink(missing_ok=True)
            passed = self.run([test], 300, MUTANT_TRACE=str(file)) == 0
            reached = {int(line) for line in file.read_text().split()} if file.exists() else set()
            file.unlink(missing_ok=True)
            return test, passed, reached, time.time() - start

        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for test, passed, reached, seconds in pool.map(trace, enumerate(names)):
                if not passed:
                    print(f'left out, because it fails without a change: {test}')
                    continue
                self.seconds[test] = seconds
                for function in reached:
                    self.reach[function].append(test)

    def run(self, tests, limit, **variables):
        """Runs some tests. Returns the status, or None if they took longer than `limit`."""
        memory = lambda: resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
        process = subprocess.Popen([self.path, '--exact', *tests], cwd=self.folder, env=self.environment | variables,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=memory)
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None

    def judge(self, change):
        """Runs the tests that reach a change, the quickest first, and returns the result."""
        tests = sorted(self.reach[change['in']], key=self.seconds.get)
        for start in range(0, len(tests), 12):
            part = tests[start:start + 12]
            limit = self.patience * (20 + 4 * sum(map(self.seconds.get, part)))
            status = self.run(part, limit, MUTANT=str(change['id']))
            if status != 0:
                return 'time limit' if status is None else 'noticed'
        return 'survivor' if tests else 'unreached'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('package')
    parser.add_argument('--file', action='append', default=[], help='below src/ of the package; may be a pattern')
    parser.add_argument('--test', action='append', default=[], help='an integration test of sentry-tests')
    parser.add_argument('--skip', action='append', default=[], help='tests to leave out: a part of their names')
    parser.add_argument('--only', default='', help='a pattern that the names of the changes contain')
    parser.add_argument('--patience', type=float, default=1, help='multiplies the time limits, on a loaded machine')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    options = parser.parse_args()
    out = pathlib.Path(os.environ.get('CARGO_TARGET_DIR', ROOT / 'target')).resolve() / 'mutants' / 'one_build'
    out.mkdir(parents=True, exist_ok=True)
    # With the target directory of the sources, cargo would mistake a build of the copy for theirs.
    os.environ['CARGO_TARGET_DIR'] = str(out / 'target')
    copy = Copy(options.package, options.file, options.test, out)
    programs = copy.build()
    left = [change for change in copy.changes if change['id'] not in copy.broken and change['id'] not in copy.left_out
            and re.search(options.only, change['name'])]
    print(f'{len(copy.changes)} changes: {len(copy.broken)} do not compile, {len(copy.left_out)} are not run')
    for name in sorted(programs, key=lambda name: name in options.test):
        program, results = Program(*programs[name], out, options), {}
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for change, result in zip(left, pool.map(program.judge, left)):
                results[change['id']] = result
                if result != 'noticed':
                    print(f"{name}: {result}: {change['name']}", file=sys.stderr, flush=True)
        left = [change for change in left if results[change['id']] in ('survivor', 'unreached')]
        print(f'{name}: {dict(collections.Counter(results.values()))}', flush=True)
    for change in left:
        print(results[change['id']], change['name'])
    sys.exit(bool(left))


if __name__ == '__main__':
    main()
