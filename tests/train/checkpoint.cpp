#include "saddle/run/checkpoint.hpp"

#include "game.hpp"

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <thread>

namespace checkpoint_tests {

using namespace saddle;
using test::vector;

namespace {

namespace fs = std::filesystem;

/// A folder that goes away with the test.
struct scratch {
  fs::path folder = fs::temp_directory_path() / ("saddle-checkpoint-" + std::to_string(::getpid()));
  scratch() { fs::create_directories(folder); }
  scratch(scratch const&) = delete;
  ~scratch() { fs::remove_all(folder); }
  std::string file(std::string const& name) const { return (folder / name).string(); }
};

std::string bytes_of(std::string const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(std::string const& file, std::string const& bytes) {
  std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}
/// The bytes with the checksum that belongs to them in place of their last eight.
std::string signed_again(std::string bytes) {
  bytes.resize(bytes.size() - 8);
  checksum sum;
  sum.add(std::as_bytes(std::span(bytes)));
  std::uint64_t const value = sum.value();
  bytes.append(reinterpret_cast<char const*>(&value), sizeof value);
  return bytes;
}

using coarse = error_feedback<qsgd<128, 8>>;
settings const averaging_settings{.seed = 3, .average = averaging::uniform};

/// w, h, memory, the server's memory and an average.
trainer<double> compressed_both_ways(settings const& s = averaging_settings) {
  return {test::smg(3), omd{0.05}, coarse{}, parameter_server<coarse>{}, loopback{3}, cpu{}, s};
}
/// Each worker's w, copy, state and average.
trainer<double> adaptive_choco() {
  gossip const talk{.graph = ring(3), .consensus_step = 0.1};
  optimistic_adam const o{.step_size = 0.01};
  return {test::smg(3), o, qsgd<128, 4>{}, talk, loopback{3}, cpu{}, averaging_settings};
}
/// Each worker's w, h, state.
trainer<double> extra_over_gossip() {
  return {test::smg(3), extra_adam{.step_size = 0.01}, identity{}, gossip{ring(3)}, loopback{3}, cpu{}};
}

/// Loading fails with a message that names the file and says `why`, and changes nothing.
void refuses(trainer<double>& t, std::string const& file, std::string const& why) {
  CAPTURE(file);
  std::uint64_t const before = t.digest();
  report const counted = t.report();
  try {
    t.load(file);
    FAIL_CHECK("loaded");
  } catch (bad_checkpoint const& e) {
    std::string const what = e.what();
    CHECK_MESSAGE(what.find(file) != std::string::npos, what);
    CHECK_MESSAGE(what.find(why) != std::string::npos, what);
  }
  CHECK(t.digest() == before);
  CHECK(t.report().step == counted.step);
  CHECK(t.report().uplink == counted.uplink);
}

}  // namespace

TEST_CASE("a run continues from its checkpoint as if it had never stopped") {
  scratch const here;
  std::string const file = here.file("run");
  auto const check = [&](auto make) {
    auto whole = make(), first = make(), second = make();
    whole.run(60);
    first.run(25);
    first.save(file);
    second.run(7);  // whatever it was before
    second.load(file);
    CHECK(second.report().step == 25);
    CHECK(second.report().steps_executed == 0);
    for (int m = 0; m < 3; ++m) {
      CHECK(test::weights(second, m) == test::weights(first, m));
      CHECK(test::memory(second, m) == test::memory(first, m));
      CHECK(test::look_ahead(second, m) == test::look_ahead(first, m));
    }
    first.run(35);
    second.run(35);
    for (auto const* resumed : {&first, &second})
      for (int m = 0; m < 3; ++m) {
        CHECK(test::weights(*resumed, m) == test::weights(whole, m));
        CHECK(test::memory(*resumed, m) == test::memory(whole, m));
        CHECK(test::look_ahead(*resumed, m) == test::look_ahead(whole, m));
        CHECK(test::joined(resumed->averaged_weights(m)) == test::joined(whole.averaged_weights(m)));
      }
    CHECK(second.report().step == 60);
    CHECK(second.report().gradients == whole.report().gradients);
    CHECK(second.report().uplink == whole.report().uplink);
    CHECK(second.report().downlink == whole.report().downlink);
  };
  SUBCASE("memories and averages") { check([] { return compressed_both_ways(); }); }
  SUBCASE("public copies and moments") { check(adaptive_choco); }
  SUBCASE("moments and weights of each worker") { check(extra_over_gossip); }
}

TEST_CASE("a checkpoint of another run is refused") {
  scratch const here;
  auto t = compressed_both_ways(), twin = compressed_both_ways();
  t.run(10);
  twin.run(10);
  auto const other = [&](trainer<double> o) {
    o.run(20);
    std::string const file = here.file("other");
    o.save(file);
    refuses(t, file, "of another run");
  };
  test::linear_game const game = test::smg(3);
  parameter_server<coarse> const both_ways{};
  other({game, sgda{0.05}, coarse{}, both_ways, loopback{3}, cpu{}, averaging_settings});
  other({game, omd{0.05}, error_feedback<qsgd<128, 4, rounding::nearest>>{}, both_ways, loopback{3}, cpu{},
         averaging_settings});
  other({game, omd{0.05}, qsgd<128, 8>{}, both_ways, loopback{3}, cpu{}, averaging_settings});
  other({game, omd{0.05}, coarse{}, parameter_server<>{}, loopback{3}, cpu{}, averaging_settings});
  other({game, omd{0.05}, coarse{}, gossip{.graph = ring(3), .consensus_step = 0.1}, loopback{3}, cpu{},
         averaging_settings});
  other({game, omd{0.05}, coarse{}, both_ways, loopback{2}, cpu{}, averaging_settings});
  other({test::bil(3), omd{0.05}, coarse{}, both_ways, loopback{3}, cpu{}, averaging_settings});
  other(compressed_both_ways({.seed = 4, .average = averaging::uniform}));
  other(compressed_both_ways({.seed = 3, .average = averaging::exponential}));
  t.run(10);
  twin.run(10);
  CHECK(t.digest() == twin.digest());
}

TEST_CASE("what is no checkpoint, damaged or cut short is refused") {
  scratch const here;
  auto t = compressed_both_ways(), twin = compressed_both_ways();
  std::string const file = here.file("saved"), damaged = here.file("damaged");
  t.run(10);
  t.save(file);
  t.run(10);
  twin.run(20);
  std::string const good = bytes_of(file);
  REQUIRE(good.size() > 2000);

  refuses(t, here.file("missing"), "No such file");
  for (std::string const& text : {std::string(), std::string("saddle"), std::string(5000, 'x')}) {
    write(damaged, text);
    refuses(t, damaged, "not a checkpoint");
  }
  for (std::size_t i = 0; i < good.size(); i += 64) {
    std::string bytes = good;
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
    write(damaged, bytes);
    refuses(t, damaged, i < 8 ? "not a checkpoint" : "damaged");
    write(damaged, good.substr(0, i));
    refuses(t, damaged, i < 16 ? "not a checkpoint" : "damaged or truncated");
  }
  write(damaged, good.substr(0, good.size() - 1));
  refuses(t, damaged, "damaged or truncated");
  // With a checksum that fits: shorter or longer than this run's, or an array of another size.
  write(damaged, signed_again(good.substr(0, good.size() - 64)));
  refuses(t, damaged, "it ends too early");
  write(damaged, signed_again(good + std::string(16, '\0')));
  refuses(t, damaged, "more than this run has");
  std::int64_t const absurd = std::numeric_limits<std::int64_t>::max();
  std::string bytes = good;
  std::memcpy(bytes.data() + 8, &absurd, sizeof absurd);  // the length of the first text
  write(damaged, signed_again(bytes));
  refuses(t, damaged, "it ends too early");

  t.run(10);
  twin.run(10);
  CHECK(t.digest() == twin.digest());
  t.load(file);
  t.run(20);
  CHECK(t.digest() == twin.digest());
}

TEST_CASE("a checkpoint that cannot be written leaves the previous one") {
  scratch const here;
  std::string const file = here.file("run");
  auto const files = [&] { return std::distance(fs::directory_iterator(here.folder), {}); };
  auto t = compressed_both_ways();
  t.run(10);
  std::uint64_t const then = t.digest();
  t.save(file);
  CHECK(files() == 1);
  std::string const previous = bytes_of(file);
  t.run(10);
  std::uint64_t const now = t.digest();
  auto const cannot_write = [&](std::string const& to) {
    try {
      t.save(to);
      FAIL_CHECK("saved " << to);
    } catch (bad_checkpoint const& e) {
      CHECK_MESSAGE(std::string(e.what()).find(to) != std::string::npos, e.what());
    }
    CHECK(t.digest() == now);
  };
  cannot_write(here.file("no such folder/run"));
  fs::create_directory(here.folder / "folder");
  cannot_write(here.file("folder"));
  cannot_write(here.file(std::string(256, 'n')));
  CHECK(files() == 2);
  try {
    t.save("");
    FAIL_CHECK("saved");
  } catch (bad_checkpoint const& e) {
    CHECK(std::string(e.what()) == "cannot write an empty file name");
  }
  CHECK(bytes_of(file) == previous);

  auto fresh = compressed_both_ways();
  fresh.load(file);
  CHECK(fresh.digest() == then);

  t.save(file);
  CHECK(files() == 2);
  fresh.load(file);
  CHECK(fresh.digest() == now);
}

TEST_CASE("runs that save to one file at the same time leave the whole checkpoint of one of them") {
  scratch const here;
  std::string const file = here.file("run");
  auto one = compressed_both_ways(), other = compressed_both_ways();
  one.run(3);
  other.run(4);
  one.save(file);
  std::uint64_t const of_one = one.digest(), of_other = other.digest();
  std::jthread const writes([&] { for (int i = 0; i < 40; ++i) other.save(file); });
  std::jthread const writes_too([&] { for (int i = 0; i < 40; ++i) one.save(file); });
  auto reads = compressed_both_ways();
  for (int i = 0; i < 40; ++i) {
    reads.load(file);
    std::uint64_t const found = reads.digest();
    CHECK((found == of_one || found == of_other));
  }
}

TEST_CASE("a checkpoint is saved through a symbolic link") {
  scratch const here;
  fs::create_symlink("behind", here.file("link"));
  auto t = compressed_both_ways(), resumed = compressed_both_ways();
  t.run(3);
  t.save(here.file("link"));
  CHECK(fs::is_symlink(here.file("link")));
  resumed.load(here.file("behind"));
  CHECK(resumed.digest() == t.digest());
}

}  // namespace checkpoint_tests
