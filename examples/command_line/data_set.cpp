#include "data_set.hpp"

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <saddle/core/bits.hpp>
#include <saddle/core/number_text.hpp>
#include <saddle/data/cifar.hpp>
#include <saddle/data/digits.hpp>
#include <saddle/data/idx.hpp>
#include <saddle/data/labels.hpp>
#include <saddle/data/mixture.hpp>

namespace command_line {
namespace {

/// The digits lie in the source tree, which the program was built from or in.
std::string digits_path() {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::path const here = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  std::string tried;
  for (fs::path const& root : {fs::path(SADDLE_SOURCE_DIR), here / ".." / "..", here, fs::path(".")}) {
    fs::path const file = (root / "examples" / "data" / "digits.csv.gz").lexically_normal();
    if (fs::exists(file, ignored)) return file.string();
    tried += (tried.empty() ? "" : ", ") + file.string();
  }
  throw std::runtime_error("the digits are not there; tried " + tried);
}

data_set drawn_from(saddle::mixture const& m) {
  constexpr int points = 10000;
  constexpr std::uint64_t seed = 1;  // not the run's: all runs learn the same points
  return {m.draw(points, seed), m.centres, m.deviation};
}

data_set named(std::string const& name) {
  if (name == "digits") return {saddle::read_digits(digits_path())};
  if (name == "ring8") return drawn_from(saddle::ring8());
  if (name == "grid25") return drawn_from(saddle::grid25());
  if (name.starts_with("idx:")) return {saddle::read_idx(name.substr(4))};
  if (name.starts_with("cifar:")) return {saddle::read_cifar(name.substr(6))};
  throw std::invalid_argument("--data: there is no '" + name + "', only " + data_names);
}

}  // namespace

data_set load(std::string const& name, std::string const& labels) {
  data_set data = named(name);
  if (!labels.empty()) data.real.labels = saddle::read_labels(labels, data.real.count);
  return data;
}

saddle::data_partition partition_of(std::string const& text) {
  std::string const kind = text.substr(0, text.find(':') + 1), value = text.substr(kind.size());
  if (text == "iid") return saddle::iid{};
  if (kind == "shards:")
    if (auto const n = saddle::number_from<int>(value); n && *n >= 1) return saddle::label_shards{.per_worker = *n};
  if (kind == "dirichlet:")
    if (auto const a = saddle::number_from<double>(value); a && *a > 0 && saddle::is_finite(*a))
      return saddle::dirichlet{.alpha = *a};
  throw std::invalid_argument("--partition: there is no '" + text + "', only iid, shards:N with N from 1 on and "
                              "dirichlet:ALPHA with ALPHA above 0");
}

std::optional<double> label_distance(data_set const& data, saddle::data_partition const& how, int workers) {
  saddle::samples const& real = data.real;
  if (real.labels.empty() && saddle::takes_labels(how))
    throw std::invalid_argument("--partition " + saddle::partition_text(how) +
                                " goes by classes, and the data have none: --labels FILE gives them");
  if (real.labels.empty()) return std::nullopt;
  return saddle::label_distance(saddle::parts_of(how, real.count, real.labels, workers, "--partition"), real.labels);
}

std::string in_words(saddle::data_partition const& how, std::optional<double> label_distance) {
  if (!saddle::takes_labels(how)) return {};
  return "; partition " + saddle::partition_text(how) + ", label distance " + saddle::fixed_text(*label_distance, 2);
}

}  // namespace command_line
