/**
 * Rows of the Debian suite that start other programs of the sysroot. qemu-user cannot be asked about these: it would
 * start the host's programs in their place. What each must print is written here, worked out by hand or from the same
 * command on a native machine.
 *
 * Format of a row: [name, needs, ...steps]; a step is [command line as in rows.mjs, standard output, status (0)].
 * MACHINE stands for what `uname -m` says there. The lines of a `~` step are sorted.
 */

const python = (code) => `python3 -c '${code}'`;

export const PROCESS_ROWS = [
  ['dash pipeline', 'processes', ["dash -c 'seq 5 | sort -r | head -n 2'", '5\n4\n']],
  [
    'dash status',
    'processes',
    ["dash -c '(exit 3); echo $?; false || echo no; ! true; echo $?; exit 9'", '3\nno\n1\n', 9],
  ],
  [
    'dash substitution',
    'processes',
    ["dash -c 'echo $(uname -m) `echo nested $(echo deep)`'", 'MACHINE nested deep\n'],
  ],
  [
    'System V IPC',
    'processes',
    [
      "dash -c 'ipcmk -M 5000 -p 640; ipcmk -Q; ipcmk -S 3; ipcs -m | tail -n +4 | cut -c12-; ipcs -s -i 0 | tail -n 5; ipcrm -m 0 -q 0 -s 0; ipcs -q'",
      'Shared memory id: 0\nMessage queue id: 0\nSemaphore id: 0\n' +
        '0          root       640        5000       0                       \n\n' +
        'semnum     value      ncount     zcount     pid       \n' +
        [0, 1, 2].map((i) => `${i}          0          0          0          0         \n`).join('') +
        '\n\n------ Message Queues --------\nkey        msqid      owner      perms      used-bytes   messages    \n\n',
    ],
  ],
  [
    'IPC under stress',
    'processes',
    ['stress-ng --shm-sysv 1 --sem-sysv 1 --msg 1 --mq 1 --sem 1 -t 1 --verify --oom-avoid -q', ''],
  ],
  ['dash here-document', 'processes', ["dash -c 'cat <<X | tr a-z A-Z\nhere $((1+1))\nX'", 'HERE 2\n']],
  [
    'dash subshell and background',
    'processes',
    [
      "dash -c 'x=1; (x=2; echo $x); echo $x; sleep 0.05 & wait $!; echo $?; { echo a; echo b; } | wc -l'",
      '2\n1\n0\n2\n',
    ],
  ],
  [
    'dash trap and signals',
    'processes',
    [
      'dash -c \'trap "echo bye" EXIT; trap "echo usr" USR1; kill -USR1 $$; sleep 5 & kill $!; wait $!; echo $?\'',
      'usr\n143\nbye\n',
    ],
  ],
  [
    'dash killed child',
    'processes',
    ['dash -c \'sh -c "kill -9 \\$\\$"; echo $?\' ', '137\n'],
    ['bash -c \'bash -c "kill -9 \\$\\$"; echo $?\'', '137\n'],
  ],
  [
    'dash redirections',
    'processes',
    ["dash -c 'echo out; echo err >&2' >both", ''],
    ['cat both', 'out\n'],
    [
      "dash -c 'exec 3>three; echo x >&3; exec 3>&-; cat three; cat <three >>three2; cat three2; ls nothing 2>&1 | wc -l'",
      'x\nx\n1\n',
    ],
  ],
  [
    'bash pipelines',
    'processes',
    [
      'bash -c \'set -o pipefail; false | true; echo $? ${PIPESTATUS[@]}; seq 3 | while read x; do echo "<$x>"; done\'',
      '1 1 0\n<1>\n<2>\n<3>\n',
    ],
  ],
  [
    'bash process substitution',
    'processes',
    ["bash -c 'diff <(seq 3) <(seq 4); echo $?; wc -l < <(seq 7)'", '3a4\n> 4\n1\n7\n'],
  ],
  [
    'bash jobs',
    'processes',
    [
      "bash -c 'mkfifo j2 j3; (read x <j3; echo 3) & (read x <j2; echo 2; echo >j3) & (echo 1; echo >j2) & wait; rm j2 j3; echo done; sleep 0 & wait -n; echo $?'",
      '1\n2\n3\ndone\n0\n',
    ],
  ],
  [
    'bash command substitution in a loop',
    'processes',
    ["bash -c 'for i in 1 2 3 4 5; do s=$s$(expr $i \\* $i),; done; echo $s'", '1,4,9,16,25,\n'],
  ],
  [
    'env runs a program',
    'processes',
    ['env A=1 printenv A', '1\n'],
    ['env nothing-there', '', 127],
    ['nice -n 0 echo ok', 'ok\n'],
    ['timeout 0.2 sleep 5', '', 124],
    ['timeout 5 true', ''],
    ['nohup echo x', 'x\n'],
  ],
  [
    '#! scripts',
    'processes',
    [
      'dash -c \'printf "#!/bin/dash\\necho script \\$0 \\$1\\n" >s; chmod +x s; ./s arg\'',
      'script ./s arg\n',
    ],
    ['dash -c \'printf "#!/usr/bin/env python3\\nprint(1 + 1)\\n" >p; chmod +x p; ./p\'', '2\n'],
  ],
  [
    'xargs',
    'processes',
    ['xargs -n 3 echo <pairs.txt', 'a b b\nc d c\ne f f\nb\n'],
    ["~find tree -name 'file-?' -exec basename '{}' ;", '\nfile-a\nfile-b'],
    ["xargs -I '{}' -P 2 true <pairs.txt", ''],
  ],
  [
    'find -exec',
    'processes',
    ["find tree -type f -name 'file-b' -exec cat '{}' +", 'needle in b\n'],
    ['find tree -type f -exec false ;', ''],
  ],
  [
    'sort --compress',
    'processes',
    ['sort -S 32k --compress-program=gzip text.txt -o sorted', ''],
    ['sort -c sorted', ''],
  ],
  [
    'tar with compressors',
    'processes',
    ['tar -czf t.tgz tree/dir', ''],
    ['~tar -tzf t.tgz', '\ntree/dir/\ntree/dir/deeper/\ntree/dir/deeper/ünï code\ntree/dir/file-b'],
    ['tar -cJf t.txz text.txt', ''],
    ['tar -xJf t.txz --to-command=wc\\ -l', '2000\n'],
    ['tar --zstd -cf t.zst text.txt', ''],
    ['tar -tf t.zst', 'text.txt\n'],
    ['tar -xzf missing.tgz', '', 2],
  ],
  [
    'diff3 runs diff',
    'processes',
    [
      'diff3 -m small.txt small.txt small.txt',
      'The quick brown fox\tjumps over\nthe lazy dog.\n\n  Ünïcödé text: äöü ß → €\nlast line without end',
    ],
  ],
  [
    'gawk pipes',
    'processes',
    [
      'gawk \'BEGIN { "echo hi" | getline x; print x; print "b\\na" | "sort"; close("sort"); system("exit 3"); print system("exit 4") }\'',
      'hi\na\nb\n4\n',
    ],
  ],
  [
    'perl forks',
    'processes',
    [
      'perl -e \'$p = fork; if (!$p) { exit 5 } waitpid $p, 0; print $? >> 8, "\\n"; print `echo hi`; open F, "-|", "seq", 3; print <F>; close F; print system("false") >> 8, "\\n"\'',
      '5\nhi\n1\n2\n3\n1\n',
    ],
  ],
  [
    'python3 subprocess',
    'processes',
    [
      python(
        'import subprocess as s; print(s.run(["echo", "hi"], capture_output=True)); print(s.check_output("echo x | cat; exit 0", shell=True)); print(s.run(["sleep", "9"], timeout=None) if 0 else s.call(["false"])); p = s.Popen(["cat"], stdin=s.PIPE, stdout=s.PIPE); print(p.communicate(b"z" * 100000)[0] == b"z" * 100000)',
      ),
      "CompletedProcess(args=['echo', 'hi'], returncode=0, stdout=b'hi\\n', stderr=b'')\nb'x\\n'\n1\nTrue\n",
    ],
  ],
  [
    'python3 subprocess errors',
    'processes',
    [
      python(
        'import subprocess as s\ntry: s.run(["/nothing/there"])\nexcept FileNotFoundError as e: print(e.errno)\ntry: s.run(["sleep", "9"], timeout=0.2)\nexcept s.TimeoutExpired: print("late")\np = s.Popen(["sleep", "9"]); p.terminate(); print(p.wait())',
      ),
      '2\nlate\n-15\n',
    ],
  ],
  [
    'python3 os.fork and pipes',
    'processes',
    [
      python(
        'import os\nr, w = os.pipe()\nif os.fork() == 0:\n    os.write(w, b"from the child"); os._exit(7)\npid, status = os.wait(); print(os.read(r, 100), os.waitstatus_to_exitcode(status))\nprint(os.spawnlp(os.P_WAIT, "true", "true"), os.system("exit 3") >> 8)',
      ),
      "b'from the child' 7\n0 3\n",
    ],
  ],
  [
    'python3 multiprocessing',
    'sockets',
    [
      python(
        'import multiprocessing as m, os\ndef f(q): q.send(os.getpid() != os.getppid())\nm.set_start_method("fork"); a, b = m.Pipe(); p = m.Process(target=f, args=(b,)); p.start(); print(a.recv()); p.join(); print(p.exitcode)',
      ),
      'True\n0\n',
    ],
  ],
  [
    'python3 interfaces',
    'sockets',
    [
      python(
        'import socket\nprint("lo" in [name for _, name in socket.if_nameindex()], socket.if_nametoindex("lo"))',
      ),
      'True 1\n',
    ],
  ],
  [
    'make',
    'processes',
    [
      'dash -c \'printf "all: a.out b.out\\n\\t@echo all done\\n%%.out: %%.txt\\n\\t@tr a-z A-Z <\\$< >\\$@; echo made \\$@\\n" >mk; echo abc >a.txt; echo def >b.txt; make -f mk; cat a.out b.out; make -f mk; make -f mk nothing; echo $?\'',
      'made a.out\nmade b.out\nall done\nABC\nDEF\nall done\n2\n',
    ],
  ],
  ['gcc builds', 'processes', ['make -s -f Makefile.test', 'done\n'], ['dash -c ./main', 'built 42\n']],
  [
    'make -j2 with gcc',
    'processes',
    ['make -s -j2 -f Makefile.test', 'done\n'],
    ['dash -c ./main', 'built 42\n'],
  ],
  [
    'git',
    'processes',
    ['git init -q repo', ''],
    [
      "dash -c 'cp text.txt repo; cd repo; git config user.name a; git config user.email a@b; git add .; git commit -q -m first; echo x >>text.txt; git commit -qam second; git log --format=%s; git diff --stat HEAD^; git status --short; git fsck'",
      'second\nfirst\n text.txt | 1 +\n 1 file changed, 1 insertion(+)\n',
    ],
    ['git clone -q repo copy', ''],
    ['git -C copy log --format=%s%d', 'second (HEAD -> master, origin/master, origin/HEAD)\nfirst\n'],
    ['git -C copy gc -q', ''],
  ],
  [
    'vim filters',
    'processes',
    ["vim.basic -u NONE -i NONE -es -c '%!sort -r' -c 'wq' pairs.txt", ''],
    ['cat pairs.txt', 'f b\ne f\nd c\nb c\na b\n'],
  ],
  ['sqlite3 shell commands', 'processes', ["sqlite3 :memory: '.shell echo hi'", 'hi\n']],
];
