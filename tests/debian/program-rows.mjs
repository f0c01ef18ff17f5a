/**
 * Rows of the Debian suite for larger programs: codecs, language implementations with compilers of their own, numerics.
 * They are in a sysroot of their own (PROGRAM_PACKAGES in scripts/debian-sysroot.mjs) and run with `--set programs`.
 * Format of a row: see rows.mjs and, for written answers, process-rows.mjs.
 */

const python = (code) => `python3 -c '${code}'`;
const ffmpeg = (rest) =>
  `ffmpeg -hide_banner -loglevel error -nostdin -bitexact -threads 1 -filter_threads 1 ${rest}`;
const php = (version) => [
  `php ${version}`,
  '',
  `php${version} -r 'echo json_encode([1, 2.5, sin(1), M_PI]), md5("a"), crc32("abc"), preg_replace("/b+/", "x", "abbbc"), mt_srand(3), mt_rand(); function f($n) { return $n < 2 ? $n : f($n - 1) + f($n - 2); } echo f(18);'`,
];
const LISP =
  '(progn (print (expt 2 200)) (print (loop for i below 10 collect (sin i))) (defun fib (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (print (fib 20)) (print (format nil "~r ~f" 1234 pi)))';

export const PROGRAM_ROWS = [
  // --- codecs and compressors: SIMD code against the bytes it makes under qemu-user ---
  [
    'jpeg variants',
    '',
    'cjpeg -quality 75 -progressive picture.ppm >a.jpg',
    'cjpeg -dct float -sample 2x2 picture.ppm >b.jpg',
    'djpeg -dct fast a.jpg >c.ppm',
    'djpeg -nosmooth -rgb565 -bmp b.jpg >d.bmp',
    'jpegtran -rotate 90 a.jpg >e.jpg',
  ],
  [
    'webp variants',
    '',
    'cwebp -quiet -q 80 -m 6 picture.ppm -o a.webp',
    'cwebp -quiet -lossless picture.ppm -o b.webp',
    'dwebp -quiet a.webp -ppm -o c.ppm',
    'dwebp -quiet b.webp -o d.png',
    'optipng -quiet -o2 d.png',
  ],
  ['lame', '', 'lame --quiet -r -s 44.1 -b 128 random.bin a.mp3', 'lame --quiet --decode a.mp3 b.wav'],
  [
    'sox',
    '',
    'sox -R -r 44100 -e signed -b 16 -c 1 -t raw random.bin a.wav rate 22050 lowpass 3000',
    'sox -R -n b.wav synth 1 sine 440 vol 0.5',
    'sox -R b.wav c.wav reverb',
  ],
  [
    'vorbis and opus',
    '',
    'oggenc -Q -s 1 -r -R 44100 -B 16 -C 2 random.bin -o a.ogg',
    'oggdec -Q -R a.ogg -o a.raw',
    'opusenc --quiet --serial 1 --raw --raw-rate 48000 --raw-chan 1 random.bin a.opus',
    'opusdec --quiet a.opus a.wav',
  ],
  [
    'checksums',
    '',
    'cksum -a sm3 random.bin',
    'b2sum random.bin',
    'sha512sum random.bin',
    'xxhsum -H0 random.bin',
    'xxhsum -H1 random.bin',
    'xxhsum -H2 random.bin',
    'xxhsum -H3 random.bin',
    'openssl dgst -sha3-256 random.bin',
    'openssl dgst -mac poly1305 -macopt hexkey:000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f random.bin',
  ],
  [
    'lz4, brotli, zip',
    '',
    'lz4 -q -9 random.bin a.lz4',
    'lz4 -q -dc a.lz4 >a',
    'cmp a random.bin',
    'brotli -q 11 -o a.br text.txt',
    'brotli -d -c a.br',
    'zip -q -X -9 a.zip text.txt random.bin',
    'unzip -q -o a.zip -d out',
  ],
  [
    'ffmpeg: mpeg4 and filters',
    'threads',
    ffmpeg('-f lavfi -i testsrc=d=1:s=160x120:r=10 -c:v mpeg4 -threads 1 -flags bitexact -y a.avi'),
    ffmpeg('-i a.avi -vf scale=80:60,hue=h=45,unsharp -f framemd5 -'),
  ],
  [
    'ffmpeg: h264',
    'threads',
    ffmpeg(
      '-f lavfi -i testsrc=d=0.5:s=160x120:r=10 -c:v libx264 -threads 1 -x264-params threads=1 -flags bitexact -f h264 -y a.264',
    ),
    ffmpeg('-i a.264 -f framemd5 -'),
  ],
  [
    'ffmpeg: aac',
    'threads',
    ffmpeg('-f lavfi -i sine=d=1,aformat=channel_layouts=stereo -c:a aac -flags bitexact -y a.m4a'),
    ffmpeg('-i a.m4a -af aresample=22050,atempo=1.5 -f md5 -'),
  ],
  [
    'ghostscript',
    '',
    `gs -q -dNOPAUSE -dBATCH -sDEVICE=ppmraw -r36 -sOutputFile=o.ppm -c '/Helvetica findfont 40 scalefont setfont 72 400 moveto (Hello) show 100 100 moveto 300 300 lineto 5 setlinewidth stroke 0 1 0 setrgbcolor 200 200 50 0 360 arc fill showpage'`,
  ],

  // --- languages ---
  [
    'ruby',
    'threads',
    `ruby -e 'puts (1..20).map { |x| Math.sin(x) }.inspect, 2**200, Rational(3,4)+1, 10.0.fdiv(3), "héllo".upcase, Random.new(42).rand; h=Hash.new(0); 20000.times{|i| h[i%97]+=i}; p h.values.sum'`,
  ],
  php('8.2'),
  php('8.4'),
  [
    'guile',
    'threads',
    `guile-3.0 --no-auto-compile -c '(display (expt 2 200)) (display (map (lambda (x) (sqrt x)) (iota 10))) (display (let fib ((n 20)) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))))'`,
  ],
  ['sbcl', 'threads', `^sbcl --noinform --non-interactive --no-sysinit --no-userinit --eval '${LISP}'`],
  [
    'swi-prolog',
    'threads',
    `swipl -f none -g 'X is 2**200, writeln(X), numlist(1,20,L), sumlist(L,S), writeln(S), Y is sin(1.0), writeln(Y), halt'`,
  ],
  [
    'gforth',
    '',
    `gforth -e ': fib dup 2 < if exit then dup 1- recurse swap 2 - recurse + ; 18 fib . 2e fsqrt f. bye'`,
  ],
  [
    'pypy',
    'threads',
    `pypy3 -S -c 'import sys; print(sum(i*i for i in range(300000)), 2**100, sys.version[:3])'`,
  ],
  ['dc', '', "dc -e '50k 2v p 3 17 ^ p 1 3 / p 2 100 ^ 97 % p'"],
  [
    'luajit with its FFI',
    '',
    `luajit -e 'local ffi = require("ffi"); ffi.cdef[[double pow(double, double);]]; local t = ffi.new("double[100]"); for i = 0, 99 do t[i] = ffi.C.pow(i, 0.5) end; local s = 0; for j = 1, 2000 do for i = 0, 99 do s = s + t[i] end end; print(s); local x = ffi.new("uint64_t", 1); for i = 1, 100 do x = x * 6364136223846793005ULL + 1442695040888963407ULL end; print(x)'`,
    'luajit -joff fib.lua',
  ],
  [
    'java',
    'threads',
    'java -Xint -Xmx256m -XX:-UseCompressedClassPointers -version',
    'java -Xmx256m -XX:-UseCompressedClassPointers -version',
  ],
  [
    'ripgrep, fd, bat',
    'threads',
    'rg --threads 1 -n needle7 text.txt',
    'fdfind -j 1 . tree --no-ignore',
    'batcat --color=always -l c prog.c',
  ],
  [
    'gnuplot',
    '',
    `gnuplot-nox -e 'set term dumb; plot sin(x)'`,
    `gnuplot-nox -e 'set term svg; set output "a.svg"; plot sin(x), besj0(x), gamma(x)'`,
  ],
  [
    'octave',
    'threads',
    `octave-cli --norc --eval 'A = magic(6); disp(det(A(1:3,1:3))); x = fft(1:8); disp(x); disp(inv(hilb(4))); printf("%.15g\\n", norm(A), gamma(5.5), erf(0.3)); disp(strrep("abc","b","X"))'`,
  ],
  [
    'numpy: random and linear algebra',
    '',
    '?usr/lib/python3/dist-packages/numpy',
    python(
      'import numpy as np; r = np.random.default_rng(7); a = r.standard_normal((30,30)); u,s,v = np.linalg.svd(a); print(s); print(np.linalg.eigvals(a)[:4]); print(np.fft.rfft(a[0])[:5]); print(np.linalg.inv(a)[0,:5])',
    ),
    python(
      'import numpy as np; r = np.random.default_rng(7); a = r.integers(0, 1000, 5000); print(np.sort(a)[::500], a.std(), np.bincount(a%7)); f = r.random(3001).astype(np.float32); print(f.sum(), np.exp(f).sum(), np.sin(f).sum(), np.tanh(f)[:4], f.astype(np.float16).sum(), np.floor(f*100)[:8]); d = f.astype(float); print(np.power(d, 1.7).sum(), np.arctan2(d, 2).sum(), np.int8(127)+np.arange(3,dtype=np.int8))',
    ),
  ],

  ['tcl', 'threads', `tclsh8.6 words.tcl`],
  ['pari', '', 'gp -q -f sums.gp'],

  // --- programs that start others: written answers ---
  ['gcc compiles and links', 'processes', ["dash -c 'gcc -O2 -o a main.c && ./a'", 'built 42\n']],
  [
    // Where the host has a cross compiler for riscv64, ld of the guest finds the libraries of that first.
    'g++ compiles and links',
    'processes',
    '?usr/lib/aarch64-linux-gnu',
    ["dash -c 'g++ -O1 -o b classes.cc && ./b'", 'a2 b1 c1 thrown 0.5\n', 5],
  ],
  [
    'openssl speed',
    'processes',
    [
      "dash -c 'openssl speed -seconds 1 -bytes 256 sha1 sha256 sha512 2>/dev/null | grep -c ^sha; openssl speed -seconds 1 -bytes 256 -evp aes-128-gcm 2>/dev/null | grep -ic ^aes-128-gcm'",
      '3\n1\n',
    ],
  ],
  [
    'ssh-keygen',
    'processes',
    [
      'dash -c \'ssh-keygen -q -t ed25519 -N "" -f k; ssh-keygen -q -Y sign -f k -n file small.txt 2>/dev/null; ssh-keygen -Y check-novalidate -n file -f k -s small.txt.sig <small.txt | cut -c1-30\'',
      'Good "file" signature with ED2\n',
    ],
  ],
  [
    'memcached',
    'processes',
    [
      'dash -c \'memcached -u root -s m.sock & until test -S m.sock; do sleep 0.1; done; printf "set k 0 0 5\\r\\nhello\\r\\nget k\\r\\nquit\\r\\n" | socat -t 5 - UNIX:m.sock; kill $!; wait $!; echo $?\'',
      'STORED\r\nVALUE k 0 5\r\nhello\r\nEND\r\n0\n',
    ],
  ],

  // --- more than the language: what Node’s own modules need of a system ---
  [
    'node: modules',
    'threads',
    [
      `node -e 'const { Worker } = require("worker_threads"); const cp = require("child_process"); const http = require("http"); const zlib = require("zlib"); const crypto = require("crypto"); (async () => { const w = new Worker("const { parentPort, workerData } = require(\\"worker_threads\\"); parentPort.postMessage(workerData * 2)", { eval: true, workerData: 21 }); console.log(await new Promise((r) => w.on("message", r))); const s = http.createServer((q, a) => a.end("got " + q.url)); await new Promise((r) => s.listen(0, "127.0.0.1", r)); console.log(await new Promise((r) => http.get({ port: s.address().port, path: "/x" }, (m) => m.on("data", (d) => r(String(d)))))); s.close(); console.log(String(cp.execFileSync("/usr/bin/echo", ["child"])).trim(), zlib.gunzipSync(zlib.gzipSync("a".repeat(999))).length, crypto.createHash("md5").update("abc").digest("hex"), /(?<y>\\d{4})/u.exec("in 2024").groups.y, 2n ** 70n); process.exit(3) })()'`,
      '42\ngot /x\nchild 999 900150983cd24fb0d6963f7d28e17f72 2024 1180591620717411303424n\n',
      3,
    ],
  ],
];
