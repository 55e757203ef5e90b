#include "saddle/algorithm/push_order.hpp"

#include "../locale.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace push_order_tests {

using namespace saddle;

namespace {

/// A file that is gone afterwards.
struct scratch_file {
  std::string path = (std::filesystem::temp_directory_path() / ("saddle-order-" + std::to_string(::getpid()))).string();
  ~scratch_file() { std::filesystem::remove(path); }
  std::vector<int> workers() const {
    std::ifstream in(path);
    std::vector<int> all;
    for (int m; in >> m;) all.push_back(m);
    return all;
  }
};
using order = std::vector<int>;

}  // namespace

TEST_CASE("push_order: what was noted is in the file when it is flushed, and is followed from there") {
  scratch_file const file;
  push_order writes(file.path, "", 3);
  CHECK(writes.at(0) == -1);
  writes.note(0, 2);
  writes.note(1, 0);
  writes.flush();
  CHECK(file.workers() == order{2, 0});
  writes.note(2, 2);
  writes.flush();
  CHECK(file.workers() == order{2, 0, 2});
  push_order const reads("", file.path, 3);
  CHECK(reads.at(1) == 0);
  CHECK(reads.at(2) == 2);
  CHECK_THROWS_AS(reads.at(3), std::invalid_argument);
  CHECK_THROWS_AS(push_order("", file.path, 2), std::invalid_argument);  // there is no worker 2
  CHECK_THROWS_AS(push_order("", file.path + ".none", 3), std::invalid_argument);
  writes.sync();
  CHECK(file.workers() == order{2, 0, 2});
}

TEST_CASE("push_order: a run that is loaded goes on where it was, in a new recorder and in the one that was ahead") {
  scratch_file const file;
  push_order first(file.path, "", 9);
  for (int turn = 0; turn < 6; ++turn) first.note(turn, turn);
  first.flush();
  SUBCASE("new") {
    push_order second(file.path, "", 9);
    second.note(4, 8);
    second.flush();
  }
  SUBCASE("ahead") {
    first.note(4, 8);
    first.flush();
  }
  CHECK(file.workers() == order{0, 1, 2, 3, 8});
  for (auto const& entry : std::filesystem::directory_iterator(std::filesystem::path(file.path).parent_path()))
    if (entry.path().string().starts_with(file.path)) CHECK(entry.path() == file.path);
}

TEST_CASE("push_order: a file with too few pushes is refused and stays as it is") {
  scratch_file const file;
  {
    push_order first(file.path, "", 9);
    first.note(0, 7);
    first.flush();
  }
  push_order second(file.path, "", 9);
  CHECK_THROWS_AS(second.note(2, 1), std::invalid_argument);
  CHECK(file.workers() == order{7});
  push_order nowhere("/nowhere/order", "", 9);
  CHECK_THROWS_AS(nowhere.note(0, 1), std::exception);
}

TEST_CASE("push_order: what is no number in a file that is followed is refused, and not taken for its end") {
  scratch_file const file;
  for (char const* text : {"0\n1\nx\n2\n", "0\n1.5\n", "0,1\n", "99999999999\n", "0\n\x1b[2J\n"}) {
    CAPTURE(text);
    std::ofstream(file.path) << text;
    CHECK_THROWS_WITH_AS(push_order("", file.path, 3), doctest::Contains("is no number of a worker"),
                         std::invalid_argument);
  }
  CHECK_THROWS_WITH(push_order("", file.path, 3), doctest::Contains("'\\x1b[2J'"));
  std::ofstream(file.path) << "0\r\n2\r\n";
  CHECK(push_order("", file.path, 3).at(1) == 2);
}

TEST_CASE("push_order: a link stays one, and numbers are written alike under every locale") {
  scratch_file const file;
  std::string const link = file.path + "-link";
  std::filesystem::create_symlink(file.path, link);
  test::comma_locale const here;
  push_order writes(link, "", 20000);
  for (int turn = 0; turn < 3; ++turn) writes.note(turn, 12345);
  writes.flush();
  CHECK(std::filesystem::is_symlink(link));
  CHECK(push_order("", file.path, 20000).at(2) == 12345);
  std::filesystem::remove(link);
}

TEST_CASE("push_order: without names nothing is written or followed") {
  push_order none("", "", 1);
  none.note(5, 0);
  none.flush();
  CHECK(none.at(5) == -1);
}

}  // namespace push_order_tests
