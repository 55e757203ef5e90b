// Whether a study in parts measures every run once, and none again.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include "runs.hpp"

namespace {

using namespace evidence;

constexpr int cells = 5, seeds = 2;
std::vector<double> numbers_of(int cell, int seed) {
  return {cell / 3.0, seed - 2e-300, std::numeric_limits<double>::infinity()};
}

int failures = 0;
void expect(bool holds, std::string const& what) {
  if (!holds) std::cout << "not so: " << what << "\n", ++failures;
}

/// Measures a part; wants so many runs measured now and such an exit status.
void study(options const& o, int measured, int status) {
  std::string const where = std::to_string(o.part) + "/" + std::to_string(o.parts);
  claims all;
  int const claim = all.state(where);
  int now = 0;
  runs done(o, "test");
  for (int c = 0; c < cells; ++c)
    done.cell([&] {
      for (int s = 0; s < seeds; ++s) {
        auto const numbers = done("cell " + std::to_string(c) + ", seed " + std::to_string(s), [&] {
          ++now;
          return numbers_of(c, s);
        });
        expect(numbers == numbers_of(c, s), where + ": the numbers of cell " + std::to_string(c));
      }
      all.observe(claim, true, "");
    });
  expect(done.conclude(all) == status, where + ": status " + std::to_string(status));
  expect(now == measured, where + ": measures " + std::to_string(measured) + ", not " + std::to_string(now));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  options o{.out = argv[1]};
  std::filesystem::remove_all(o.out);
  std::filesystem::create_directories(o.out);

  o.part = 2, o.parts = 3;  // cells 1 and 4
  study(o, 4, 3);
  o.part = 1;  // 0 and 3
  study(o, 4, 3);
  study(o, 0, 3);
  o.part = o.parts = 1;
  study(o, 2, 0);
  study(o, 0, 0);

  // A run that was being written when the program was stopped is none, whatever is written after it.
  std::filesystem::path const file = o.out / "test.runs";
  std::ofstream(file) << "cell 0, seed 0\t0.1 0 -2e-300 inf\t.\ncell 0, seed 1\t0.2 0.3";
  study(o, cells * seeds - 1, 0);
  study(o, 0, 0);
  o.quick = true;
  study(o, cells * seeds, 0);
  std::cout << (failures == 0 ? "ok\n" : "failed\n");
  return failures == 0 ? 0 : 1;
}
