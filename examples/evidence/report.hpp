#pragma once
// What the programs of evidence have in common: their options, tables, pictures and the verdict.
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace evidence {

struct options {
  bool quick = false;
  std::filesystem::path out = "evidence";
  int seeds = 3, threads = 2;
  int part = 1, parts = 1;  // of the cells of the study: see runs
  int minutes = 0;          // after which no run begins; 0 is without end
};

/// The middle of an odd number of values, the larger one of the two of an even number: nothing is averaged, so that
/// "never" (infinity) has its place.
double median(std::vector<double> values);

std::string text(double value, int digits = 3);
std::string least_to_most(std::vector<double> const& values);
/// f of every run.
template <class Run, class F>
std::vector<double> each(std::vector<Run> const& runs, F const& f) {
  std::vector<double> values;
  for (Run const& r : runs) values.push_back(std::invoke(f, r));
  return values;
}
inline std::string percent(double share) { return text(100 * share) + " %"; }

/// For people, aligned and in Markdown; for programs, CSV.
class table {
 public:
  table(std::string title, std::vector<std::string> headings) : title_(std::move(title)), rows_{std::move(headings)} {}

  void add(std::vector<std::string> row) {
    row.resize(rows_[0].size());
    rows_.push_back(std::move(row));
  }
  void print() const;
  void save(std::filesystem::path const& path) const;

 private:
  std::string title_;
  std::vector<std::vector<std::string>> rows_;  // the first: headings
};

struct series {
  std::string name;
  std::vector<std::pair<double, double>> points = {};
};
struct panel {
  std::string title, x, y;
  std::vector<series> lines = {};
  std::string log = "xy";  // which axes are logarithmic
};

/// Panels side by side in NAME.png, by NAME.gp, which holds the numbers and stays; without gnuplot there is no PNG.
void draw(options const& o, std::string const& name, std::vector<panel> const& panels);

/// What is claimed, said before anything is measured, and what then speaks for it and against it.
class claims {
 public:
  int state(std::string claim);
  void observe(int claim, bool holds, std::string what);
  /// The exit status. A claim that nothing was measured for does not hold.
  int conclude() const;

 private:
  struct one {
    std::string text;
    int observed = 0;
    std::vector<std::string> against = {};
  };
  std::vector<one> all_;
};

/// A number from 1 on that one program takes beside the options of all.
struct own_option {
  char const* name;
  int* value;
  char const* about;
};
/// A program: parses, measures, and returns 0 where all claims held, 1 where one did not, 2 after an error.
int program(int argc, char** argv, char const* about, std::function<int(options const&)> const& measure,
            std::vector<own_option> const& own = {}, options o = {});

}  // namespace evidence
