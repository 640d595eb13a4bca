// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>
#include <string>

#include "podsim/app/command.h"
#include "podsim/app/kernel_run.h"
#include "podsim/base/error.h"
#include "podsim/kernel/op.h"

namespace podsim::app {
namespace {

constexpr const char* kFooter = R"(Examples:
  podsim kernel list
  podsim kernel matmul --chip ascend910b1 --shape m=8192,n=8192,k=8192 --dtype fp16
  podsim kernel matmul --chip ascend950pr --shape m=256,n=512,k=1024 --check
  podsim kernel matmul --chip ascend910b1 --shape m=512,n=512,k=512 --trace matmul.json --trace-cores 0-1
  podsim kernel run add.cpp --chip ascend910b1 --blocks 8 --arg in:x.npy --arg in:y.npy --arg out:fp16:16384:z.npy

NAME is an operator of `podsim kernel list`, CHIP a file or the name of one in configs/dies. A run counts time only;
with --check it computes too, and exits with 1 when a result is wrong, or with --strict when the hazard check finds
something.
docs/components/kernel_command.md explains every figure.)";

constexpr const char* kRunFooter = R"(Examples:
  podsim kernel run add.cpp --chip ascend910b1 --blocks 8 --arg in:random:fp16:16384 --arg in:random:fp16:16384 \
      --arg out:fp16:16384:z.npy --arg u32:16384
  podsim kernel run add.cpp --chip ascend950pr --arg in:x.npy --arg in:y.npy --arg expect:z.npy:1e-3 --arg u32:16384
  podsim kernel run mm.cpp --entry 'mm<half>' --mix aic --blocks 24 --arg in:a.npy --arg in:b.npy \
      --arg out:fp32:65536 --arg workspace:1048576 --arg tiling:tiling.bin

FILE is C++ with one __global__ function or more and #include "kernel_operator.h", as for the hardware. One --arg per
parameter, in their order:
  in:SOURCE              device memory; SOURCE is FILE.npy, FILE.bin, random:TYPE:COUNT or zeros:TYPE:COUNT
  inout:SOURCE[:FILE]    the same, shown after the run and written to FILE
  out:TYPE:COUNT[:FILE]  zeros at first, shown after the run and written to FILE
  expect:FILE[:TOL]      an output compared with FILE: bit by bit, or to TOL x max(1, |value|)
  workspace:BYTES        zeros
  tiling:FILE            bytes of a struct, in device memory or by value as the kernel takes it
  i32:5 u32:5 i64:5 u64:5 i16 u16 i8 u8 f32:0.5 f64 null      by value
Hazards, accesses that nothing orders on the hardware, are listed. Exit code 1: an expected output is wrong, or with
--strict a hazard was found.)";

void add_common_options(CLI::App& command, KernelOptions& options) {
  command.add_option("--chip", options.chip, "a die file, or its name in configs/dies")
      ->required()
      ->type_name("CHIP");
  command.add_option("--seed", options.seed, "of random data; default 1")->type_name("N");
  command
      .add_option("--l2", options.l2,
                  "what the L2 holds at the launch: nothing (empty), other data (clean, or dirty: yet to be "
                  "written out), or what the same launch left before (warm); default empty")
      ->check(CLI::IsMember(std::vector<std::string>(kL2States.begin(), kL2States.end())))
      ->type_name("STATE");
  command.add_flag("--strict", options.strict,
                   "no automatic synchronisation: only the kernel's own flags; hazards are checked");
  command.add_option("--trace", options.trace, "write what the pipes did as Chrome trace events")
      ->type_name("FILE");
  command
      .add_option("--trace-cores", options.trace_cores,
                  "cores of the trace, by cube core: 0-3 or 0,5; default all")
      ->type_name("CORES");
  command.add_option("--json", options.json, "write the figures, by the names of the vendor's profiler")
      ->type_name("FILE");
  add_set_option(command, options.sets);
  add_quiet_option(command, options.quiet);
}

void add_user_kernel(CLI::App& parent, CommandResult& result) {
  auto options = std::make_shared<UserKernelOptions>();
  CLI::App* command = parent.add_subcommand("run", "compile a kernel of yours and run it");
  command->add_option("SOURCE", options->source.file, "C++ source of the kernel")->required();
  add_common_options(*command, options->common);
  command
      ->add_option("--entry", options->source.entry,
                   "the kernel, when the file has several; a template with its arguments")
      ->type_name("NAME");
  command->add_option("--blocks", options->blocks, "logical cores; default all of the die")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  command
      ->add_option(
          "--mix", options->mix,
          "vector cores (aiv), cube cores (aic), or a cube core with one or two vector cores per block; "
          "default what the kernel declares, else aiv")
      ->check(CLI::IsMember({"aiv", "aic", "1:1", "1:2"}))
      ->type_name("MIX");
  command
      ->add_option("--arg", options->arguments,
                   "an argument of the kernel, see below; one for each parameter")
      ->allow_extra_args(false)
      ->type_name("ARG");
  command->add_option("-I", options->source.include_folders, "a folder with headers of the kernel's")
      ->allow_extra_args(false)
      ->type_name("FOLDER");
  command->add_option("-D", options->source.defines, "a macro, NAME or NAME=VALUE")
      ->allow_extra_args(false)
      ->type_name("MACRO");
  command->add_option("--tiling-key", options->tiling_key, "what TILING_KEY_IS compares with; default 0")
      ->type_name("N");
  command->add_flag("--timing-only", options->timing_only, "count time only, compute nothing");
  command->footer(kRunFooter);
  on_chosen(*command, result, [options] { return run_user_kernel(*options); });
}

struct NamedOp {
  std::string name;
  OpOptions options;
};

ExitCode run_named(const NamedOp& op) {
  return report_kernel(run_op(kernel::find_op(op.name), op.options), op.options.common);
}

}  // namespace

void add_kernel_command(CLI::App& parent, CommandResult& result) {
  auto named = std::make_shared<NamedOp>();
  OpOptions& options = named->options;
  CLI::App* command = parent.add_subcommand("kernel", "time one operator on the pipes of one die");
  command->add_option("NAME", named->name, "an operator of `podsim kernel list`");
  add_common_options(*command, options.common);
  command->get_option("--chip")->required(false);  // `list` and `run` have none of the options here
  command->add_option("--shape", options.shape, "sizes, key=value,key=value")
      ->allow_extra_args(false)
      ->type_name("KEY=N,..");
  command->add_option("--dtype", options.dtype, "type of the elements; default the operator's first")
      ->type_name("TYPE");
  command->add_option("--cores", options.cores, "logical cores; default all that help")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  command
      ->add_option("--tiling", options.tiling, "a choice of the operator's; the others are made for the chip")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  command->add_flag("--check", options.check,
                    "compute too and compare with a plain reference; exit 1 when wrong");
  command->footer(kFooter);
  command->require_subcommand(0, 1);

  CLI::App* list = command->add_subcommand("list", "the operators and what each takes");
  on_chosen(*list, result, [] {
    std::cout << op_list(kernel::op_library());
    return ExitCode::Done;
  });
  add_user_kernel(*command, result);
  // The callback of a command runs after that of its subcommand.
  command->callback([command, named, &result] {
    if (!command->get_subcommands().empty()) return;
    result.action = [named] {
      if (named->name.empty())
        throw ConfigError("which operator? `podsim kernel list` lists them; try: podsim kernel --help");
      kernel::find_op(named->name);
      if (named->options.common.chip.empty())
        throw ConfigError("--chip is to name a die, like --chip ascend910b1");
      return run_named(*named);
    };
  });
}

}  // namespace podsim::app
