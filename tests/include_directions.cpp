// The folders are the architecture: reads every #include under include/saddle and fails, with file and line,
// where one points the wrong way.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace {

// Paths are relative to include/, as in an #include: "saddle/core/bits.hpp".

/// What a path in a table stands for: the one file, or all files of the folder if it ends in a slash, or the
/// header of that name in any folder if it starts with a star.
bool covers(std::string_view pattern, std::string_view path) {
  if (pattern.starts_with('*')) return path.starts_with("saddle/") && path.ends_with(pattern.substr(1));
  return pattern.ends_with('/') ? path.starts_with(pattern) : path == pattern;
}

bool any_covers(std::vector<std::string_view> const& patterns, std::string_view path) {
  return std::ranges::any_of(patterns, [&](std::string_view pattern) { return covers(pattern, path); });
}

/// "core" of "saddle/core/bits.hpp"; empty for a header directly in saddle/.
std::string folder_of(std::string_view path) {
  auto const rest = path.substr(std::string_view("saddle/").size());
  auto const slash = rest.find('/');
  return slash == rest.npos ? "" : std::string(rest.substr(0, slash));
}

/// What each folder may include besides config.hpp, core and itself.
std::map<std::string, std::vector<std::string_view>> const arrows{
    {"core", {}},
    {"lanes", {}},
    {"problem", {"saddle/executor/concept.hpp", "saddle/executor/cuda_check.cuh", "saddle/executor/cuda_handles.cuh",
                 "saddle/executor/device_array.cuh"}},
    {"transport", {}},
    {"data", {}},
    {"metric", {}},
    {"compressor", {"saddle/lanes/concept.hpp"}},
    {"executor", {"saddle/lanes/"}},
    // The language in which policies write a step, and the bodies that run what they wrote.
    {"step", {"saddle/lanes/concept.hpp"}},
    {"kernel", {"saddle/step/", "saddle/lanes/concept.hpp", "saddle/compressor/concept.hpp"}},
    // Policies. Who writes a list may name what the others promise, and a topology by which rule it exchanges. Identity
    // is the neutral element of the compressors.
    {"estimator",
     {"saddle/step/", "saddle/optimizer/concept.hpp", "saddle/optimizer/schedule.hpp", "saddle/problem/concept.hpp"}},
    {"optimizer",
     {"saddle/step/", "saddle/compressor/identity.hpp", "saddle/problem/concept.hpp", "saddle/topology/concept.hpp"}},
    {"exchange",
     {"saddle/step/", "saddle/compressor/concept.hpp", "saddle/topology/concept.hpp", "saddle/topology/graph.hpp"}},
    {"correction", {"saddle/step/", "saddle/topology/concept.hpp"}},
    {"topology", {"saddle/step/", "saddle/exchange/", "saddle/correction/", "saddle/compressor/identity.hpp"}},
    // Whoever combines sees concepts only, what a list is made of, and the kernels. Public copies and exact downlinks
    // are decoded by identity, whatever the user chose; a message is sealed and opened alike for every compressor.
    {"run",
     {"saddle/step/", "saddle/kernel/", "saddle/exchange/", "*/concept.hpp", "saddle/topology/graph.hpp",
      "saddle/compressor/identity.hpp", "saddle/compressor/message_codec.hpp", "saddle/problem/any_problem.hpp",
      "saddle/executor/memory.hpp"}},
    {"train",
     {"saddle/step/", "saddle/kernel/", "saddle/exchange/", "saddle/run/", "*/concept.hpp",
      "saddle/compressor/identity.hpp", "saddle/compressor/message_codec.hpp", "saddle/problem/any_problem.hpp",
      "saddle/executor/memory.hpp", "saddle/problem/device_concept.cuh", "saddle/executor/cuda.cuh",
      "saddle/executor/cuda_handles.cuh"}},  // these three: where gradients meet kernels
    // One vector by hand, without a trainer. It runs on the CPU unless told.
    {"codec",
     {"saddle/step/", "saddle/kernel/", "saddle/run/", "*/concept.hpp", "saddle/compressor/message.hpp",
      "saddle/executor/cpu.hpp"}},
    {"testing", {"saddle/codec/", "saddle/compressor/concept.hpp", "saddle/lanes/"}},
};

struct leaf {
  std::string_view header;              // of a third party: a prefix of what stands in the #include
  std::vector<std::string_view> where;  // who may include it
  bool only_nvcc = false;               // ... and only in a .cuh
};

std::vector<leaf> const leaves{
    {"cub/", {"saddle/lanes/", "saddle/executor/"}, true},
    {"thrust/", {"saddle/executor/"}, true},
    {"cuda_runtime", {"saddle/executor/", "saddle/problem/"}, true},
    {"cublas", {"saddle/problem/"}, true},
    {"boost/", {"saddle/transport/mpi.hpp"}},
    {"mpi.h", {"saddle/transport/mpi.hpp"}},
    {"Eigen/", {"saddle/topology/mixing_matrix.hpp", "saddle/problem/", "saddle/metric/"}},
    {"torch/",
     {"saddle/problem/torch_batches.hpp", "saddle/problem/torch_gan.hpp", "saddle/problem/torch_gradient_penalty.hpp",
      "saddle/problem/torch_loss.hpp", "saddle/problem/torch_model.hpp", "saddle/problem/torch_players.hpp", "saddle/problem/torch_scope.hpp",
      "saddle/problem/torch_split_gan.hpp", "saddle/problem/torch_state.hpp", "saddle/problem/torch_views.hpp"}},
    {"c10/cuda/", {"saddle/problem/torch_cuda.cuh"}, true},
    {"caffe2/serialize/", {"saddle/problem/torch_state.hpp"}},  // torch's own, for files
    {"zlib.h", {"saddle/data/"}},
    // Not a library but the system: a file is synced to the disk before it is renamed.
    {"fcntl.h", {"saddle/core/atomic_file.hpp"}},
    {"unistd.h", {"saddle/core/atomic_file.hpp"}},
    {"sys/stat.h", {"saddle/core/atomic_file.hpp"}},
    {"sys/mman.h", {"saddle/core/aligned.hpp"}},  // huge pages
};

/// Why `file` may not include `included`; empty if it may.
std::string refusal(std::string_view file, std::string_view included) {
  bool const nvcc = file.ends_with(".cuh");
  if (!included.starts_with("saddle/")) {
    if (included.find_first_of("./") == included.npos) return "";  // the standard library
    for (auto const& leaf : leaves)
      if (included.starts_with(leaf.header))
        return any_covers(leaf.where, file) && (nvcc || !leaf.only_nvcc)
                   ? ""
                   : "third-party headers belong in leaves";
    return "not a header of the standard library, of saddle, or of a library that saddle knows";
  }

  auto const from = folder_of(file);
  auto const to = folder_of(included);
  bool const from_umbrella = from.empty() && file != "saddle/config.hpp";
  if (file == "saddle/config.hpp") return "config.hpp includes nothing of ours";
  if (included.ends_with(".cuh") && !nvcc) return "only a .cuh includes a .cuh";
  if (included == "saddle/config.hpp") return "";
  if (from_umbrella) return "";
  if (included == "saddle/compiled.hpp" && file == "saddle/train/trainer.hpp") return "";  // what is already compiled
  if (to.empty()) return "nobody includes an umbrella";
  if (from == "algorithm") return "";
  if (to == "algorithm") return "nobody includes algorithm";
  auto const allowed = arrows.find(from);
  if (allowed == arrows.end()) return "the folder " + from + " has no arrows in this test";
  if (to == from || to == "core" || any_covers(allowed->second, included)) return "";
  return from + " does not include this of " + to;
}

struct include_line {
  int line;
  std::string included;
};

/// Every line that is an #include, however it is spaced.
std::vector<include_line> includes_of(std::istream& text) {
  auto const skip = [](std::string_view& line, std::string_view word) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (!line.starts_with(word)) return false;
    line.remove_prefix(word.size());
    return true;
  };
  std::vector<include_line> found;
  std::string line;
  for (int number = 1; std::getline(text, line); ++number) {
    std::string_view rest = line;
    if (!skip(rest, "#") || !skip(rest, "include")) continue;
    if (skip(rest, "<") || skip(rest, "\""))
      found.push_back({number, std::string(rest.substr(0, rest.find_first_of(">\"")))});
  }
  return found;
}

/// As seen from include/: a neighbour named by its bare file name is the file beside this one.
std::string resolved(std::filesystem::path const& root, std::string const& file,
                     std::string const& included) {
  auto const beside = (std::filesystem::path(file).parent_path() / included).lexically_normal();
  return std::filesystem::exists(root / beside) ? beside.generic_string() : included;
}

}  // namespace

TEST_CASE("all includes under include/saddle point the right way") {
  auto const root = std::filesystem::path(SADDLE_SOURCE_DIR) / "include";
  int headers = 0;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    ++headers;
    auto const file = entry.path().lexically_relative(root).generic_string();
    std::ifstream text(entry.path());
    for (auto const& [line, included] : includes_of(text)) {
      auto const why = refusal(file, resolved(root, file, included));
      CHECK_MESSAGE(why.empty(), "include/", file, ":", line, ": includes ", included, ": ", why);
    }
  }
  CHECK(headers > 0);
}

TEST_CASE("right arrows pass") {
  auto const may = [](char const* file, char const* included) {
    CAPTURE(file);
    CAPTURE(included);
    CHECK(refusal(file, included) == "");
  };
  may("saddle/config.hpp", "version");
  may("saddle/core/bits.hpp", "cstdint");
  may("saddle/core/bits.hpp", "saddle/config.hpp");
  may("saddle/core/bits.hpp", "saddle/core/expects.hpp");
  may("saddle/lanes/serial.hpp", "saddle/core/bits.hpp");
  may("saddle/lanes/cuda_block.cuh", "saddle/lanes/concept.hpp");
  may("saddle/lanes/cuda_block.cuh", "cub/block/block_scan.cuh");
  may("saddle/optimizer/omd.hpp", "saddle/optimizer/concept.hpp");
  may("saddle/compressor/top_k.hpp", "saddle/lanes/concept.hpp");
  may("saddle/compressor/error_feedback.hpp", "saddle/compressor/concept.hpp");
  may("saddle/topology/gossip.hpp", "saddle/topology/graph.hpp");
  may("saddle/topology/mixing_matrix.hpp", "Eigen/Dense");
  may("saddle/step/sweep.hpp", "saddle/lanes/concept.hpp");
  may("saddle/kernel/send.hpp", "saddle/compressor/concept.hpp");
  may("saddle/kernel/send.hpp", "saddle/step/sweep.hpp");
  may("saddle/optimizer/omd.hpp", "saddle/step/list.hpp");
  may("saddle/exchange/mixing.hpp", "saddle/topology/graph.hpp");
  may("saddle/exchange/rule.hpp", "saddle/compressor/concept.hpp");
  may("saddle/topology/gossip.hpp", "saddle/exchange/mixing.hpp");
  may("saddle/run/instruction.hpp", "saddle/kernel/send.hpp");
  may("saddle/run/plan.hpp", "saddle/optimizer/concept.hpp");
  may("saddle/executor/cuda.cuh", "saddle/lanes/cuda_block.cuh");
  may("saddle/executor/cuda.cuh", "thrust/device_vector.h");
  may("saddle/executor/cuda.cuh", "cuda_runtime.h");
  may("saddle/train/trainer.hpp", "saddle/run/walk.hpp");
  may("saddle/train/trainer.hpp", "saddle/executor/concept.hpp");
  may("saddle/train/device_problem.cuh", "saddle/executor/cuda.cuh");
  may("saddle/executor/cuda.cuh", "cub/device/device_scan.cuh");
  may("saddle/core/atomic_file.hpp", "fcntl.h");
  may("saddle/problem/mlp_gan.hpp", "Eigen/Core");
  may("saddle/problem/mlp_gan.cuh", "cublas_v2.h");
  may("saddle/problem/mlp_gan.cuh", "cuda_runtime_api.h");
  may("saddle/problem/mlp_gan.cuh", "saddle/executor/device_array.cuh");
  may("saddle/transport/mpi.hpp", "boost/mpi/communicator.hpp");
  may("saddle/problem/torch_gan.hpp", "torch/torch.h");
  may("saddle/data/idx.hpp", "zlib.h");
  may("saddle/algorithm/dqgan.hpp", "saddle/optimizer/omd.hpp");
  may("saddle/algorithm/dqgan.hpp", "saddle/algorithm/dposg.hpp");
  may("saddle/games.hpp", "saddle/saddle.hpp");
  may("saddle/games.hpp", "saddle/algorithm/dqgan.hpp");
  may("saddle/codec/codec.hpp", "saddle/executor/cpu.hpp");
  may("saddle/codec/codec.hpp", "saddle/run/global_selection.hpp");
  may("saddle/cuda.cuh", "saddle/executor/cuda.cuh");
}

TEST_CASE("wrong arrows are refused") {
  auto const may_not = [](char const* file, char const* included) {
    CAPTURE(file);
    CAPTURE(included);
    CHECK(refusal(file, included) != "");
  };
  may_not("saddle/config.hpp", "saddle/core/bits.hpp");
  may_not("saddle/core/bits.hpp", "saddle/lanes/concept.hpp");
  may_not("saddle/core/bits.hpp", "Eigen/Core");
  may_not("saddle/core/bits.hpp", "unistd.h");
  may_not("saddle/lanes/serial.hpp", "saddle/compressor/concept.hpp");
  may_not("saddle/lanes/cuda_block.cuh", "thrust/device_vector.h");
  may_not("saddle/lanes/serial.hpp", "cub/block/block_scan.cuh");
  may_not("saddle/optimizer/omd.hpp", "saddle/compressor/top_k.hpp");
  may_not("saddle/optimizer/omd.hpp", "saddle/lanes/concept.hpp");
  may_not("saddle/compressor/top_k.hpp", "saddle/lanes/serial.hpp");
  may_not("saddle/compressor/top_k.hpp", "saddle/optimizer/concept.hpp");
  may_not("saddle/topology/gossip.hpp", "saddle/compressor/concept.hpp");
  may_not("saddle/topology/graph.hpp", "Eigen/Dense");
  may_not("saddle/step/list.hpp", "saddle/optimizer/concept.hpp");
  may_not("saddle/step/sweep.hpp", "saddle/compressor/concept.hpp");
  may_not("saddle/step/sweep.hpp", "saddle/executor/concept.hpp");
  may_not("saddle/kernel/send.hpp", "saddle/compressor/top_k.hpp");
  may_not("saddle/kernel/send.hpp", "saddle/executor/concept.hpp");
  may_not("saddle/kernel/send.hpp", "saddle/run/walk.hpp");
  may_not("saddle/optimizer/omd.hpp", "saddle/kernel/local.hpp");
  may_not("saddle/optimizer/omd.hpp", "saddle/topology/gossip.hpp");
  may_not("saddle/exchange/mixing.hpp", "saddle/topology/gossip.hpp");
  may_not("saddle/exchange/mixing.hpp", "saddle/kernel/send.hpp");
  may_not("saddle/topology/gossip.hpp", "saddle/optimizer/concept.hpp");
  may_not("saddle/run/walk.hpp", "saddle/topology/gossip.hpp");
  may_not("saddle/run/walk.hpp", "saddle/optimizer/omd.hpp");
  may_not("saddle/run/walk.hpp", "saddle/train/trainer.hpp");
  may_not("saddle/executor/cpu.hpp", "saddle/kernel/send.hpp");
  may_not("saddle/executor/cpu.hpp", "saddle/lanes/cuda_block.cuh");
  may_not("saddle/executor/cpu.hpp", "thrust/device_vector.h");
  may_not("saddle/train/trainer.hpp", "saddle/optimizer/omd.hpp");
  may_not("saddle/train/trainer.hpp", "saddle/executor/cpu.hpp");
  may_not("saddle/train/trainer.hpp", "saddle/executor/cuda.cuh");
  may_not("saddle/train/trainer.hpp", "saddle/transport/loopback.hpp");
  may_not("saddle/train/trainer.hpp", "saddle/algorithm/dqgan.hpp");
  may_not("saddle/train/trainer.hpp", "saddle/saddle.hpp");
  may_not("saddle/train/trainer.hpp", "saddle/executor/cuda.cuh");
  may_not("saddle/train/trainer.hpp", "saddle/codec/codec.hpp");
  may_not("saddle/codec/codec.hpp", "saddle/compressor/top_k.hpp");
  may_not("saddle/codec/codec.hpp", "saddle/train/trainer.hpp");
  may_not("saddle/problem/mlp_gan.hpp", "saddle/data/digits.hpp");
  may_not("saddle/problem/mlp_gan.hpp", "cublas_v2.h");
  may_not("saddle/problem/mlp_gan.hpp", "zlib.h");
  may_not("saddle/problem/mlp_gan.hpp", "torch/torch.h");
  may_not("saddle/problem/mlp_gan.hpp", "cuda_runtime_api.h");
  may_not("saddle/problem/mlp_gan.hpp", "saddle/executor/device_vector.cuh");
  may_not("saddle/problem/mlp_gan.hpp", "saddle/executor/device_array.cuh");
  may_not("saddle/problem/mlp_gan.cuh", "saddle/executor/device_vector.cuh");
  may_not("saddle/problem/mlp_gan.cuh", "saddle/executor/cuda.cuh");
  may_not("saddle/transport/loopback.hpp", "boost/mpi.hpp");
  may_not("saddle/algorithm/dqgan.hpp", "saddle/saddle.hpp");
  may_not("saddle/algorithm/dqgan.hpp", "saddle/executor/cuda.cuh");
  may_not("saddle/saddle.hpp", "saddle/cuda.cuh");
  may_not("saddle/saddle.hpp", "Eigen/Core");
  may_not("saddle/new_folder/thing.hpp", "saddle/lanes/concept.hpp");
  may_not("saddle/core/bits.hpp", "nlohmann/json.hpp");
}

TEST_CASE("includes are read with their lines") {
  std::istringstream text(
      "#pragma once\n#include <vector>\n  # include \"saddle/config.hpp\"  // why\n"
      "// #include <zlib.h>\nchar const* s = \"#include <Eigen/Core>\";\n");
  auto const found = includes_of(text);
  REQUIRE(found.size() == 2);
  CHECK(found[0].line == 2);
  CHECK(found[0].included == "vector");
  CHECK(found[1].line == 3);
  CHECK(found[1].included == "saddle/config.hpp");
}
