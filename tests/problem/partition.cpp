#include "saddle/problem/partition.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace saddle;

namespace {

/// `each` samples of each class, class after class.
std::vector<std::uint8_t> classes_of(int classes, int each) {
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < classes * each; ++i) labels.push_back(static_cast<std::uint8_t>(i / each));
  return labels;
}
template <class Label>
data_parts parts(data_partition const& how, std::vector<Label> const& labels, int workers) {
  return parts_of(how, static_cast<int>(labels.size()), labels, workers, "test");
}
/// How many samples of each class each worker has.
std::vector<std::vector<int>> counts_of(data_parts const& parts, std::vector<std::uint8_t> const& labels) {
  std::vector<std::vector<int>> counts;
  for (int m = 0; m < parts.workers(); ++m) {
    counts.emplace_back(static_cast<std::size_t>(1 + std::ranges::max(labels)));
    for (int const i : parts.shard(m)) ++counts.back()[labels[static_cast<std::size_t>(i)]];
  }
  return counts;
}
int size_of(data_parts const& parts, int worker) { return static_cast<int>(parts.shard(worker).size()); }

std::string refusal(data_partition const& how, int samples, std::vector<std::uint8_t> const& labels, int workers) {
  try {
    (void)parts_of(how, samples, labels, workers, "test");
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("partitions: every sample is in one part, no part is empty, and the same call gives the same parts") {
  for (data_partition const& how : std::initializer_list<data_partition>{
           iid{}, label_shards{1}, label_shards{3}, dirichlet{1e-300}, dirichlet{0.05}, dirichlet{1}, dirichlet{1e300}})
    for (int const workers : {1, 2, 7, 29}) {
      std::vector<std::uint8_t> labels = classes_of(5, 18);
      std::ranges::fill(labels.begin() + 80, labels.end(), std::uint8_t{200});  // a gap, and unequal sizes
      CAPTURE(partition_text(how));
      CAPTURE(workers);
      data_parts const p = parts(how, labels, workers);
      REQUIRE(p.workers() == workers);
      std::vector<int> all;
      for (int m = 0; m < workers; ++m) {
        CHECK(size_of(p, m) >= 1);
        CHECK(p.of(m).count == size_of(p, m));
        all.insert(all.end(), p.shard(m).begin(), p.shard(m).end());
      }
      CHECK(all == p.order);
      std::ranges::sort(all);
      std::vector<int> every(90);
      std::iota(every.begin(), every.end(), 0);
      CHECK(all == every);
      data_parts const again = parts(how, std::vector<std::int64_t>(labels.begin(), labels.end()), workers);
      CHECK((again.order == p.order && again.begin == p.begin));
      CHECK_THROWS_AS((void)p.of(workers), std::invalid_argument);
      CHECK_THROWS_AS((void)p.shard(-1), std::invalid_argument);
    }
}

TEST_CASE("iid is one fixed order in equal parts, whatever the labels") {
  data_parts const bare = parts_of(iid{}, 11, std::vector<int>{}, 3, "test"),
                   labelled = parts(iid{}, classes_of(11, 1), 3);
  CHECK(bare.order == order_of_data(11));
  CHECK(bare.begin == std::vector<int>{0, 4, 8, 11});
  CHECK((labelled.order == bare.order && labelled.begin == bare.begin));
  CHECK(partition_identity(iid{}) == "");
}

TEST_CASE("parts that are known: other machines and compilers make the same ones") {
  auto const labels = classes_of(3, 4);
  CHECK(parts(label_shards{2}, labels, 3).order == std::vector<int>{4, 6, 9, 8, 5, 7, 10, 11, 0, 3, 1, 2});
  data_parts const d = parts(dirichlet{.alpha = 0.5, .seed = 3}, labels, 3);
  CHECK(d.order == std::vector<int>{0, 2, 4, 6, 7, 9, 8, 11, 3, 1, 5, 10});
  CHECK(d.begin == std::vector<int>{0, 5, 8, 12});
}

TEST_CASE("label_shards: equal sizes, few classes, and other seeds deal other shards") {
  for (int const per_worker : {1, 2, 4})
    for (int const each : {50, 53}) {
      auto const labels = classes_of(10, each);
      std::set<std::vector<int>> orders;
      for (std::uint64_t seed = 0; seed < 5; ++seed) {
        data_parts const p = parts(label_shards{per_worker, seed}, labels, 12);
        auto const counts = counts_of(p, labels);
        for (int m = 0; m < 12; ++m) {
          CHECK(size_of(p, m) == part_of(10 * each, 12, m).count);
          // A shard is shorter than a class: it has one class, or two where they meet, at nine places.
          CHECK(std::ranges::count(counts[static_cast<std::size_t>(m)], 0) >= 10 - 2 * per_worker);
        }
        int pairs = 0;
        for (auto const& of_worker : counts) pairs += static_cast<int>(10 - std::ranges::count(of_worker, 0));
        CHECK(pairs <= 12 * per_worker + 9);
        orders.insert(p.order);
      }
      CHECK(orders.size() == 5);
    }
  // Where shards and classes meet, a worker has as many classes as shards, or fewer.
  auto const labels = classes_of(10, 20);
  for (auto const& of_worker : counts_of(parts(label_shards{2}, labels, 20), labels))
    CHECK(std::ranges::count(of_worker, 0) >= 8);
}

TEST_CASE("dirichlet: shares have the mean and the variance of Dirichlet(alpha), to five sigma") {
  // A worker's count of a class of n is Dirichlet-multinomial: mean n / W, variance n p (1 - p) (n + W alpha) /
  // (1 + W alpha) with p = 1 / W. Workers that got nothing would take a sample; with 40 classes that does not happen.
  constexpr int workers = 5, each = 30, classes = 40, draws = 200;
  auto const labels = classes_of(classes, each);
  for (double const alpha : {0.05, 0.5, 5.0, 1e6}) {
    CAPTURE(alpha);
    double const p = 1.0 / workers, mean = each * p,
                 variance = each * p * (1 - p) * (each + workers * alpha) / (1 + workers * alpha);
    double sum = 0, squares = 0, fourth = 0;
    for (std::uint64_t seed = 0; seed < draws; ++seed) {
      auto const counts = counts_of(parts(dirichlet{alpha, seed}, labels, workers), labels);
      for (int const n : counts[seed % workers]) {
        double const off = (n - mean) * (n - mean);
        sum += n, squares += off, fourth += off * off;
      }
    }
    constexpr double all = classes * draws;
    CHECK(std::abs(sum / all - mean) < 5 * std::sqrt(variance / all));
    double const of_squares = fourth / all - squares / all * (squares / all);
    CHECK(std::abs(squares / all - variance) < 5 * std::sqrt(of_squares / all));
  }
}

TEST_CASE("label_distance: from workers that are alike to one class for each") {
  auto const labels = classes_of(10, 500);
  auto const distance = [&](data_partition const& how) { return label_distance(parts(how, labels, 10), labels); };
  CHECK(label_distance(parts(iid{}, labels, 1), labels) == 0);
  CHECK(distance(label_shards{1}) == doctest::Approx(0.9));
  CHECK(distance(iid{}) < 0.08);
  CHECK(distance(dirichlet{1e6}) < 0.08);
  CHECK(distance(dirichlet{0.05}) > 0.6);
  double last = 1;
  for (double const alpha : {0.05, 0.3, 1.0, 10.0}) {
    double const now = distance(dirichlet{alpha});
    CHECK(now < last);
    last = now;
  }
  // By hand: of labels 0 0 1 one worker has 0 1, the other 0. Distances |1/2 - 2/3| and |1 - 2/3|.
  CHECK(label_distance(data_parts{{0, 2, 1}, {0, 2, 3}}, std::vector<int>{0, 0, 1}) == doctest::Approx(0.25));
  CHECK_THROWS_AS((void)label_distance(data_parts{{0, 1}, {0, 2}}, std::vector<int>{0}), std::invalid_argument);
}

TEST_CASE("a partition that cannot be is refused with a sentence") {
  auto const labels = classes_of(3, 4);
  CHECK(refusal(label_shards{2}, 12, labels, 6) == "");
  CHECK(refusal(iid{}, 12, labels, 13) == "test: there are from one worker to one a sample");
  CHECK(refusal(dirichlet{1}, 12, labels, 13) == "test: there are from one worker to one a sample");
  CHECK(refusal(dirichlet{1}, 12, labels, 0) == "test: there are from one worker to one a sample");
  CHECK(refusal(label_shards{2}, 12, {}, 3) ==
        "test: the partition shards:2 goes by labels, and the data have none");
  CHECK(refusal(dirichlet{0.3}, 13, labels, 3) ==
        "test: the partition dirichlet:0.3 goes by labels, and there is not one for each sample");
  for (int const each : {3, 0, -1, std::numeric_limits<int>::max()})
    CHECK(refusal(label_shards{each}, 12, labels, 6) ==
          "label_shards: there is at least one shard per worker, and there are no more shards than samples");
  using limits = std::numeric_limits<double>;
  for (double const alpha : {0.0, -0.5, limits::quiet_NaN(), limits::infinity()})
    CHECK(refusal(dirichlet{alpha}, 12, labels, 3) == "dirichlet: alpha is positive and finite");
  CHECK(partition_text(label_shards{.per_worker = 4, .seed = 7}) == "shards:4,seed=7");
  CHECK(partition_identity(dirichlet{0.05}) == " partition=dirichlet:0.05");
}
