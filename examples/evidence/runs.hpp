#pragma once
// What a program of evidence has measured so far: one that was stopped, or that did a part of the whole, goes on there.
#include <chrono>
#include <concepts>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "report.hpp"

namespace evidence {

/// A run is wanted that is another part's, or for which no time is left.
struct unfinished {};

/// The runs of a study, a line each in OUT/NAME.runs: what was run, its seconds, and the numbers that came out.
///
///   runs all(o, "dqgan");
///   for (gan_task const& task : tasks)
///     all.cell([&] {  // one independent part of the study
///       double const distance = all("DQGAN, " + task.name + ", seed 1", [&] { return std::vector{measure()}; })[0];
///       ...           // may want more runs, as a search for a step size does
///     });
///   return all.conclude(claims);
///
/// key    says all that the numbers depend on but the program itself: delete the file when that changes
/// parts  of K/N the cells K, K + N, ...; several programs may write to one folder at the same time
/// quick  keeps and reads nothing
/// errors std::runtime_error: a file that cannot be read or written; std::invalid_argument: a tab or a line's end in a key
class runs {
 public:
  runs(options const& o, std::string const& name);

  /// The numbers of this run, measured if they have not been.
  template <std::invocable F>
  std::vector<double> operator()(std::string const& key, F const& measure) {
    if (one const* const known = find(key)) return known->numbers;
    auto const begin = clock::now();
    std::vector<double> const numbers = measure();
    return keep(key, {std::chrono::duration<double>(clock::now() - begin).count(), numbers});
  }
  /// Whether all runs that f wants are there. f is left where one is not.
  template <std::invocable F>
  bool cell(F const& f) {
    ++cells_;
    try {
      f();
      return true;
    } catch (unfinished const&) {
      ++missing_;
      return false;
    }
  }
  /// The verdict on the claims, or where runs are missing says so and returns 3.
  int conclude(claims const& all) const;

 private:
  using clock = std::chrono::steady_clock;
  struct one {
    double seconds;
    std::vector<double> numbers;
  };
  /// Null where it is to be measured now.
  one const* find(std::string const& key) const;
  std::vector<double> keep(std::string const& key, one run);

  options o_;
  std::filesystem::path path_;
  clock::time_point end_;
  std::map<std::string, one> all_;
  int cells_ = 0, missing_ = 0;
};

}  // namespace evidence
