#include "saddle/transport/all_reduce.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <deque>
#include <random>
#include <tuple>
#include <vector>

using namespace saddle;

namespace {

struct outcome {
  std::int64_t bytes = 0;
  int messages = 0, most_sent = 0;  // by one worker
  bool knows_all = true;            // every worker has heard, over others, of every worker
};
/// Delivers the messages one by one, any that is under way next. Each carries whatever its sender knew.
outcome play(all_reduce how, int workers, std::int64_t bytes, unsigned seed) {
  struct letter {
    int from, place;
    std::vector<bool> known;
  };
  auto const all = static_cast<std::size_t>(workers);
  std::mt19937 random(seed);
  reduction r(how, workers, bytes);
  std::vector<std::vector<bool>> known(all, std::vector<bool>(all));
  std::deque<letter> under_way;
  std::vector<int> sent(all);
  outcome o;
  auto const go_on = [&](int m) {
    auto const i = static_cast<std::size_t>(m);
    r.send(m, [&](int place, reduction::message const& what) {
      CHECK((what.to >= 0 && what.to < workers && what.to != m));
      o.bytes += what.bytes;
      o.most_sent = std::max(o.most_sent, ++sent[i]);
      under_way.push_back({m, place, known[i]});
    });
  };
  for (int m = 0; m < workers; ++m) known[static_cast<std::size_t>(m)][static_cast<std::size_t>(m)] = true;
  for (int m = 0; m < workers; ++m) go_on(m);
  for (; !under_way.empty(); ++o.messages) {
    auto const next = under_way.begin() + static_cast<std::ptrdiff_t>(random() % under_way.size());
    letter const one = *next;
    under_way.erase(next);
    reduction::message const what = r.sent(one.from, one.place);
    for (std::size_t m = 0; m < all; ++m)
      if (one.known[m]) known[static_cast<std::size_t>(what.to)][m] = true;
    r.arrive(what);
    go_on(what.to);
  }
  for (auto const& k : known)
    for (bool const one : k) o.knows_all &= one;
  return o;
}

constexpr all_reduce kinds[] = {all_reduce::ring, all_reduce::tree, all_reduce::doubling, all_reduce::halving};

}  // namespace

TEST_CASE("an all-reduce ends, in whatever order messages come, and everyone has heard of everyone") {
  for (all_reduce const how : kinds)
    for (int workers = 1; workers <= 20; ++workers)
      for (unsigned seed = 1; seed <= 5; ++seed) {
        CAPTURE(static_cast<int>(how));
        CAPTURE(workers);
        CHECK(play(how, workers, 640, seed).knows_all);
      }
  CHECK(play(all_reduce::none, 4, 640, 1).messages == 0);
}

TEST_CASE("what an all-reduce sends") {
  for (int workers : {1, 2, 3, 5, 8, 13, 16, 64}) {
    CAPTURE(workers);
    std::int64_t const bytes = 1000003;  // of no whole number of pieces
    int const log = std::bit_width(static_cast<unsigned>(workers)) - 1, guests = workers - (1 << log);
    outcome const ring = play(all_reduce::ring, workers, bytes, 1), tree = play(all_reduce::tree, workers, bytes, 1);
    CHECK(ring.bytes == 2 * (workers - 1) * bytes);
    CHECK(ring.messages == 2 * (workers - 1) * workers);
    CHECK(tree.bytes == 2 * (workers - 1) * bytes);
    CHECK(tree.messages == 2 * (workers - 1));
    outcome const doubling = play(all_reduce::doubling, workers, bytes, 1);
    CHECK(doubling.messages == log * (1 << log) + 2 * guests);
    CHECK(doubling.bytes == doubling.messages * bytes);
    outcome const halving = play(all_reduce::halving, workers, 1 << 20, 1);
    CHECK(halving.messages == 2 * log * (1 << log) + 2 * guests);
    CHECK(halving.bytes == (2 * ((1 << log) - 1) + 2 * guests) * std::int64_t{1 << 20});
    CHECK(ring.most_sent == 2 * (workers - 1));
    CHECK(halving.most_sent <= 2 * log + 1);
  }
}
