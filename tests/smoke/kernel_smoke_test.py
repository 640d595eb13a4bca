#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""`podsim kernel` from outside: operators of the library, and kernels of the user's that are compiled, loaded and run."""
import json
import os
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest

from podsim import BUILD, SOURCE, podsim, said

CHIPS = sorted(path.stem for path in (SOURCE / "configs/dies").glob("*.json"))
ADD = SOURCE / "tests/kernels/add_stream.cpp"
PRODUCT = SOURCE / "tests/kernels/product_plus_row.cpp"
COUNT = 16384

# Everything a parameter can be: pointers, a struct by value, integers and floating-point numbers past what fits
# in registers. y[0..7] = what each of them held.
PARAMETERS = """
#include "kernel_operator.h"
struct Tiling { uint32_t a; float b; uint64_t c; };
template <class T>
__global__ __aicore__ void parameters(GM_ADDR x, GM_ADDR y, Tiling tiling, uint8_t i, int64_t j, float f, double g,
                                      int32_t k, uint32_t l, int16_t m, uint64_t n, GM_ADDR none) {
  AscendC::GlobalTensor<T> in, out;
  in.SetGlobalBuffer((__gm__ T*)x);
  out.SetGlobalBuffer((__gm__ T*)y);
  const double all[8] = {double(tiling.a), tiling.b, double(tiling.c), double(i), double(j), f + g,
                         double(k) + l + m + n, double(in.GetValue(1))};
  for (int at = 0; at < 8; ++at) out.SetValue(at, none == nullptr ? T(all[at]) : T(0));
}
"""

# Kernels that a macro makes, in a header beside the folder of the file; the host's part launches them.
SCALES = """
#include <cstdint>
#include "acl/acl.h"
#include "kernel_operator.h"
#include "../shared/scale.h"
SCALE(half)
SCALE(float)
int main() {
  aclrtStream stream = nullptr;
  aclrtCreateStream(&stream);
  scale_float<<<
      8, nullptr, stream>>>(nullptr, nullptr, 64, 2.0f);
}
"""
SCALE_HEADER = """
#define SCALE(T)                                                                                 \\
  extern "C" __global__ __aicore__ void scale_##T(GM_ADDR x, GM_ADDR y, uint32_t n, float s) {   \\
    KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);                                              \\
    AscendC::TPipe pipe;                                                                         \\
    AscendC::TBuf<> buffer;                                                                      \\
    pipe.InitBuffer(buffer, n * sizeof(T));                                                      \\
    AscendC::GlobalTensor<T> in, out;                                                            \\
    in.SetGlobalBuffer((__gm__ T*)x);                                                            \\
    out.SetGlobalBuffer((__gm__ T*)y);                                                           \\
    AscendC::LocalTensor<T> local = buffer.Get<T>();                                             \\
    AscendC::DataCopy(local, in, n);                                                             \\
    AscendC::PipeBarrier<PIPE_ALL>();                                                            \\
    AscendC::Muls(local, local, static_cast<T>(s), n);                                           \\
    AscendC::PipeBarrier<PIPE_ALL>();                                                            \\
    AscendC::DataCopy(out, local, n);                                                            \\
  }
"""

# Waits for a flag that nobody sets.
WAITS = """
#include "kernel_operator.h"
extern "C" __global__ __aicore__ void waits(GM_ADDR x) {
  AscendC::PipeBarrier<PIPE_ALL>();
  AscendC::WaitFlag<AscendC::HardEvent::MTE2_V>(0);
}
"""

# Adds what the copies have not brought yet.
RACES = """
#include "kernel_operator.h"
extern "C" __global__ __aicore__ void races(GM_ADDR x, GM_ADDR y) {
  AscendC::TPipe pipe;
  AscendC::TBuf<AscendC::TPosition::VECCALC> buffer;
  pipe.InitBuffer(buffer, 4096);
  AscendC::GlobalTensor<half> in, out;
  in.SetGlobalBuffer((__gm__ half*)x);
  out.SetGlobalBuffer((__gm__ half*)y);
  AscendC::LocalTensor<half> local = buffer.Get<half>();
  AscendC::DataCopy(local, in, 2048);
  FLAG
  AscendC::Adds(local, local, half(1), 2048);
  AscendC::PipeBarrier<PIPE_ALL>();
  AscendC::DataCopy(out, local, 2048);
}
"""


def npy(path, kind, values):
    """Writes a NumPy file of half ("e"), float ("f") or int32 ("i") values."""
    header = f"{{'descr': '<{dict(e='f2', f='f4', i='i4')[kind]}', 'fortran_order': False, 'shape': ({len(values)},), }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode()
                     + struct.pack(f"<{len(values)}{kind}", *values))
    return path


def npy_values(path, kind):
    data = path.read_bytes()
    body = data[10 + struct.unpack("<H", data[8:10])[0]:]
    return list(struct.unpack(f"<{len(body) // struct.calcsize(kind)}{kind}", body))

# A sanitizer build says on stderr that it cannot follow an exception on a thread's own stack (tests/asan_suppressions.txt).
SANITIZER_REMARK = re.compile(r"ASan is ignoring|False positive error reports|sanitizers/issues/189")


class Kernels(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def kernel(self, *arguments, code=0, **options):
        done = podsim("kernel", *arguments, cwd=self.scratch, **options)
        self.assertEqual(done.returncode, code, said(done))
        for line in done.stderr.splitlines():
            self.assertTrue(line.startswith("podsim: ") or SANITIZER_REMARK.search(line), line)
        return done

    def source(self, name, text):
        path = self.scratch / name
        path.write_text(text)
        return path

    def sums(self):
        """x.npy, y.npy and x + y as z.npy, all of it exact in half."""
        x = [i % 251 for i in range(COUNT)]
        y = [-(i % 127) / 2 for i in range(COUNT)]
        for name, values in (("x", x), ("y", y), ("z", [a + b for a, b in zip(x, y)])):
            npy(self.scratch / f"{name}.npy", "e", values)
        return ["in:x.npy", "in:y.npy", "expect:z.npy", f"u32:{COUNT}"]

    @staticmethod
    def args(values):
        return [word for value in values for word in ("--arg", value)]

    # --- operators ------------------------------------------------------------------------------------------------

    def test_the_library_is_listed_and_every_operator_refuses_what_it_does_not_know(self):
        listed = [line.split(":")[0] for line in self.kernel("list").stdout.splitlines() if line and line[0] != " "]
        self.assertIn("matmul", listed)
        self.assertEqual(listed, sorted(listed))
        for name in listed:
            done = self.kernel(name, "--chip", CHIPS[0], "--shape", "no_such_size=3", code=2)
            self.assertIn("no_such_size", done.stderr)
            self.assertIn("--shape", done.stderr)
        self.assertIn(", ".join(listed), self.kernel("no_such_operator", "--chip", CHIPS[0], code=2).stderr)

    def test_a_matrix_product_is_right_and_takes_the_same_time_with_and_without_data(self):
        for chip in CHIPS:
            durations = []
            for mode in ([], ["--check"], ["--check"]):
                json_file = self.scratch / f"{len(durations)}.json"
                done = self.kernel("matmul", "--chip", chip, "--shape", "m=256,n=384,k=192", "--json", json_file, *mode)
                self.assertIn("bound by", done.stdout)
                durations.append(json.loads(json_file.read_text())["task_duration_us"])
            self.assertIn("check         passed", done.stdout)
            self.assertEqual(len(set(durations)), 1, chip)
            self.assertEqual((self.scratch / "1.json").read_bytes(), (self.scratch / "2.json").read_bytes())

    # --- kernels of the user's --------------------------------------------------------------------------------------

    def test_a_kernel_is_compiled_and_computes_on_every_chip(self):
        for chip in CHIPS:
            done = self.kernel("run", ADD, "--chip", chip, "--blocks", 8, *self.args(self.sums()))
            self.assertIn("check         passed", done.stdout)
            self.assertIn("8 on vector cores; with data", done.stdout)

    def test_a_wrong_result_is_exit_1_and_says_where(self):
        arguments = self.sums()
        wrong = npy_values(self.scratch / "z.npy", "e")
        wrong[77] += 1
        npy(self.scratch / "z.npy", "e", wrong)
        done = self.kernel("run", ADD, "--chip", "ascend910b1", "--blocks", 8, *self.args(arguments), code=1)
        self.assertIn("FAILED: argument 3: 1 of 16384 elements are wrong, first element 77: ", done.stdout)
        arguments[2] = "expect:z.npy:1"
        self.kernel("run", ADD, "--chip", "ascend910b1", "--blocks", 8, *self.args(arguments))

    def test_outputs_are_written_and_the_same_seed_gives_the_same_bytes(self):
        written = []
        for name, seed in (("a", 5), ("b", 5), ("c", 6)):
            arguments = [f"in:random:fp16:{COUNT}"] * 2 + [f"out:fp16:{COUNT}:{name}.npy", f"u32:{COUNT}"]
            self.kernel("run", ADD, "--chip", "ascend910b1", "--blocks", 8, "--seed", seed, "--json", f"{name}.json",
                        "--trace", f"{name}.trace", "--trace-cores", "0", "-q", *self.args(arguments))
            written.append([(self.scratch / f"{name}.{end}").read_bytes() for end in ("npy", "json", "trace")])
        self.assertEqual(written[0], written[1])
        self.assertNotEqual(written[0][0], written[2][0])
        self.assertEqual(len(npy_values(self.scratch / "a.npy", "e")), COUNT)
        events = json.loads(written[0][2])["traceEvents"]
        self.assertEqual({e["args"]["name"] for e in events if e["name"] == "process_name"},
                         {"core0.veccore0", "core0.veccore1"})
        arrows = {phase: [e["id"] for e in events if e["ph"] == phase] for phase in "st"}
        self.assertTrue(arrows["s"])
        self.assertEqual(arrows["s"], arrows["t"])

    def test_timing_only_takes_the_same_time(self):
        times = []
        for mode in ([], ["--timing-only"]):
            self.kernel("run", ADD, "--chip", "ascend950pr", "--blocks", 4, "--json", "o.json", *mode, *self.args(self.sums()))
            times.append(json.loads((self.scratch / "o.json").read_text())["aiv_time_us"])
        self.assertEqual(times[0], times[1])

    def test_parameters_of_every_kind_arrive(self):
        kernel = self.source("parameters.cpp", PARAMETERS)
        (self.scratch / "tiling.bin").write_bytes(struct.pack("<IfQ", 7, 0.5, 9))
        npy(self.scratch / "x.npy", "f", [1.0, 42.0])
        arguments = ["in:x.npy", "out:fp32:8:y.npy", "tiling:tiling.bin", "u8:200", "i64:-3", "f32:0.25", "f64:0.5",
                     "i32:-1", "u32:2", "i16:-4", "u64:8", "null"]
        self.kernel("run", kernel, "--entry", "parameters<float>", "--chip", "ascend910b1", "--blocks", 1,
                    *self.args(arguments))
        self.assertEqual(npy_values(self.scratch / "y.npy", "f"), [7, 0.5, 9, 200, -3, 0.75, 5, 42])
        arguments[3] = "u32:200"
        done = self.kernel("run", kernel, "--entry", "parameters<float>", "--chip", "ascend910b1",
                           *self.args(arguments), code=2)
        self.assertIn("parameter 4 of kernel parameters<float> (uint8_t i) is an integer of 1 bytes", done.stderr)

    def test_each_kind_of_core_has_its_own_compilation(self):
        a = [i % 7 - 3 for i in range(32 * 64)]
        b = [i % 5 - 2 for i in range(64 * 64)]
        row = [i % 9 for i in range(64)]
        npy(self.scratch / "a.npy", "e", a)
        npy(self.scratch / "b.npy", "e", b)
        npy(self.scratch / "row.npy", "f", row)
        npy(self.scratch / "out.npy", "e", [sum(a[i * 64 + k] * b[k * 64 + j] for k in range(64)) + row[j]
                                            for i in range(32) for j in range(64)])
        run = ("run", PRODUCT, "--chip", "ascend910b1", "--blocks", 1,
               *self.args(["in:a.npy", "in:b.npy", "in:row.npy", "expect:out.npy", "workspace:8192"]))
        for mode in ([], ["--strict"]):
            done = self.kernel(*run, *mode)
            self.assertIn("check         passed", done.stdout)
            self.assertNotIn("hazard", done.stdout)

    def test_kernels_of_macros_and_host_code_beside_them(self):
        (self.scratch / "mine").mkdir()
        (self.scratch / "shared").mkdir()
        (self.scratch / "shared/scale.h").write_text(SCALE_HEADER)
        kernel = self.source("mine/scales.cpp", SCALES)
        npy(self.scratch / "x.npy", "f", range(64))
        npy(self.scratch / "y.npy", "f", [2 * i for i in range(64)])
        run = ("run", kernel, "--chip", "ascend910b1", "--blocks", 1,
               *self.args(["in:x.npy", "expect:y.npy", "u32:64", "f32:2"]))
        self.assertIn("check         passed", self.kernel(*run, "--entry", "scale_float").stdout)
        said_of_two = self.kernel(*run, code=2).stderr
        for words in ("has 2 kernels", "scale_half", "scale_float"):
            self.assertIn(words, said_of_two)

    def test_what_podsim_does_not_have_is_said_in_a_sentence(self):
        body = {"CastDeq<uint8_t, int16_t>(b.Get<uint8_t>(), b.Get<int16_t>(), 64)": "podsim does not have CastDeq",
                "Mutex::Lock<PIPE_V>(0)": "podsim does not have Mutex",
                "Transpose(b.Get<half>(), b.Get<half>(), b.Get<uint8_t>(), TransposeParamsExt())":
                    "podsim does not have Transpose with TransposeParamsExt"}
        for call, words in body.items():
            kernel = self.source("lacks.cpp", '#include "kernel_operator.h"\nusing namespace AscendC;\n'
                                 'extern "C" __global__ __aicore__ void k(GM_ADDR x) { TBuf<> b; ' + call + "; }\n")
            self.assertIn(words, self.kernel("run", kernel, "--chip", "ascend950pr", "--arg", "null", code=2).stderr)
        kernel = self.source("matmul.cpp", '#include "lib/matmul_intf.h"\n__global__ __aicore__ void k(GM_ADDR x) {}\n')
        self.assertIn("high-level Matmul", self.kernel("run", kernel, "--chip", "ascend910b1", "--arg", "null", code=2).stderr)

    def test_what_does_not_compile_is_shown_with_its_place(self):
        kernel = self.source("bad.cpp", '#include "kernel_operator.h"\n'
                             'extern "C" __global__ __aicore__ void bad(GM_ADDR x) { AscendC::NoSuchCall(x); }\n')
        done = self.kernel("run", kernel, "--chip", "ascend910b1", "--arg", "in:random:fp16:16", code=2)
        for words in ("bad.cpp: does not compile", "bad.cpp:2:", "NoSuchCall"):
            self.assertIn(words, done.stderr)
        done = self.kernel("run", ADD, "--entry", "other", "--chip", "ascend910b1", code=2)
        self.assertIn('add_stream.cpp: kernel "other" is not in it', done.stderr)
        self.assertIn("add_stream", done.stderr.split("is not in it")[1])
        done = self.kernel("run", ADD, "--chip", "ascend910b1", code=2, env={**os.environ, "CXX": "no-such-compiler"})
        self.assertIn("no-such-compiler cannot be started", done.stderr)

    def test_macros_and_folders_reach_the_compiler(self):
        kernel = self.source("macro.cpp", '#include "kernel_operator.h"\n#include "mine.h"\n'
                             'extern "C" __global__ __aicore__ void k(GM_ADDR y, int32_t n) {\n'
                             '  AscendC::GlobalTensor<int32_t> out; out.SetGlobalBuffer((__gm__ int32_t*)y);\n'
                             '  out.SetValue(0, VALUE + kMine + __NPU_ARCH__); }\n')
        (self.scratch / "inc").mkdir()
        (self.scratch / "inc/mine.h").write_text("constexpr int kMine = 30;\n")
        for chip, architecture in (("ascend910b1", 2201), ("ascend950pr", 3510)):
            self.kernel("run", kernel, "--chip", chip, "--blocks", 1, "-D", "VALUE=4", "-I", "inc",
                        *self.args(["out:int32:1:y.npy", "i32:1"]))
            self.assertEqual(npy_values(self.scratch / "y.npy", "i"), [34 + architecture])

    def test_a_deadlock_is_an_error_that_names_the_wait(self):
        kernel = self.source("waits.cpp", WAITS)
        done = self.kernel("run", kernel, "--chip", "ascend910b1", "--blocks", 1, "--arg", "null", code=2)
        self.assertIn("deadlock", done.stderr)
        self.assertIn("WaitFlag", done.stderr)

    def test_a_missing_flag_is_told_and_is_a_failure_in_strict_mode(self):
        kernel = self.source("races.cpp", RACES)
        run = ("run", kernel, "--chip", "ascend910b1", "--blocks", 1, *self.args(["in:random:fp16:2048", "out:fp16:2048"]))
        for mode, code in (([], 0), (["--strict"], 1)):
            done = self.kernel(*run, "-D", "FLAG=", "--json", "o.json", *mode, code=code)
            self.assertIn("read after write in unified_buffer", done.stdout)
            self.assertIn("DataCopy", json.loads((self.scratch / "o.json").read_text())["hazards"][0])
            self.assertNotIn("hazard", self.kernel(*run, "-D", "FLAG=AscendC::PipeBarrier<PIPE_ALL>();", *mode).stdout)

    def test_an_installed_podsim_compiles_against_the_installed_headers(self):
        prefix = self.scratch / "prefix"
        subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, capture_output=True)
        environment = {k: v for k, v in os.environ.items() if k != "PODSIM_DATA"}
        options = {"binary": prefix / "bin/podsim", "env": environment}
        run = ("run", ADD, "--chip", "ascend910b1", "--blocks", 8, *self.args(self.sums()))
        self.assertIn("check         passed", self.kernel(*run, **options).stdout)
        (prefix / "share/podsim/include/podsim/kernel/ascendc/kernel_operator.h").unlink()
        self.assertIn("kernel_operator.h", self.kernel(*run, code=2, **options).stderr)


if __name__ == "__main__":
    unittest.main()
