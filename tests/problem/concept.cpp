#include "saddle/problem/concept.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "saddle/problem/split_gan.hpp"

using namespace saddle;

namespace {

struct plain {
  using scalar = float;
  players sizes() const { return {1, 1}; }
  void initial(std::uint64_t, point<float>) const {}
  void gradient(point<float const>, sample, point<float>) const {}
};
static_assert(problem<plain> && !counts_its_workers<plain> && !names_its_tensors<plain> &&
              !has_gradient_buffers<plain> && !splits_by_player<plain>);

struct complete : plain {
  using plain::gradient;
  static int workers() { return 2; }
  std::vector<tensor> tensors(player) const { return {{1, 1}}; }
  point<float> gradient_buffers(int) const { return {}; }
  void gradient(point<float const>, sample, point<float>, player) const {}
};
static_assert(problem<complete> && counts_its_workers<complete> && names_its_tensors<complete> &&
              has_gradient_buffers<complete> && splits_by_player<complete>);
struct keeps_statistics : plain {
  std::span<float> buffers(int) const { return {}; }
  void bind_weights(int, point<float>) {}
};
static_assert(problem<keeps_statistics> && has_buffers<keeps_statistics> && binds_weights<keeps_statistics> &&
              !has_buffers<plain> && !binds_weights<plain>);
struct generic : plain {
  using plain::gradient;
  void gradient(point<float const>, sample, point<float>, auto) const {}
};
static_assert(problem<generic> && splits_by_player<generic>);

/// A variable of the problem's own is no misspelt member.
struct workers_as_a_field : plain {
  int workers = 2;
};
static_assert(problem<workers_as_a_field> && !counts_its_workers<workers_as_a_field>);

// Near misses, each of which would be left out.
struct workers_of_another_type : plain {
  std::vector<int> workers() const { return {2}; }
};
struct workers_that_change_it : plain {
  int workers() { return 2; }
};
struct tensors_of_a_number : plain {
  std::vector<tensor> tensors(int) const { return {}; }
};
struct tensors_as_sizes : plain {
  std::vector<std::int64_t> tensors(player) const { return {}; }
};
struct one_buffer : plain {
  std::span<float> gradient_buffers(int) const { return {}; }
};
struct constant_buffers : plain {
  point<float const> gradient_buffers(int) const { return {}; }
};
struct buffers_without_a_worker : plain {
  point<float> gradient_buffers() const { return {}; }
};
struct statistics_of_all : plain {
  std::span<float> buffers() const { return {}; }
};
struct constant_statistics : plain {
  std::span<float const> buffers(int) const { return {}; }
};
struct binds_constant_weights : plain {
  void bind_weights(point<float>) {}
};
static_assert(!buffers_is_const_takes_a_worker_and_gives_a_span<statistics_of_all> && !problem<statistics_of_all>);
static_assert(!buffers_is_const_takes_a_worker_and_gives_a_span<constant_statistics> && !problem<constant_statistics>);
static_assert(!bind_weights_takes_a_worker_and_a_point<binds_constant_weights> && !problem<binds_constant_weights>);

struct player_as_a_number : plain {
  using plain::gradient;
  void gradient(point<float const>, sample, point<float>, int) const {}
};
struct gradient_that_changes_it : plain {
  using plain::gradient;
  void gradient(point<float const>, sample, point<float>, player) {}
};
static_assert(!workers_is_const_and_gives_an_int<workers_of_another_type> && !problem<workers_of_another_type>);
static_assert(!workers_is_const_and_gives_an_int<workers_that_change_it> && !problem<workers_that_change_it>);
static_assert(!tensors_is_const_takes_a_player_and_gives_a_vector_of_tensors<tensors_of_a_number> &&
              !problem<tensors_of_a_number>);
static_assert(!tensors_is_const_takes_a_player_and_gives_a_vector_of_tensors<tensors_as_sizes> &&
              !problem<tensors_as_sizes>);
static_assert(!gradient_buffers_is_const_takes_a_worker_and_gives_a_point<one_buffer> && !problem<one_buffer>);
static_assert(!gradient_buffers_is_const_takes_a_worker_and_gives_a_point<constant_buffers> &&
              !problem<constant_buffers>);
static_assert(!gradient_buffers_is_const_takes_a_worker_and_gives_a_point<buffers_without_a_worker>);
static_assert(!gradient_of_one_player_is_const_and_takes_a_player<player_as_a_number> && !problem<player_as_a_number>);
static_assert(!gradient_of_one_player_is_const_and_takes_a_player<gradient_that_changes_it> &&
              !problem<gradient_that_changes_it>);

struct pair {
  using scalar = float;
  players sizes() const { return {1, 1}; }
  int batch() const { return 1; }
  int sample_size() const { return 1; }
  void initial(std::uint64_t, point<float>) const {}
  void generate(std::span<float const>, sample, std::span<float>) const {}
  void pull_back(std::span<float const>, sample, std::span<float const>, std::span<float>) const {}
  void ascend(std::span<float const>, sample, generated_batch<float> const&, std::span<float>) const {}
  void feedback(std::span<float const>, sample, generated_batch<float> const&, std::span<float>) const {}
};
struct pair_with_costs : pair {
  per_pass operations() const { return {}; }
};
struct pair_with_one_cost : pair {
  std::int64_t operations() const { return 1; }
};
struct pair_of_workers : pair {
  int workers() { return 3; }
};
struct pair_with_buffers : pair {
  std::span<float> buffers(int) const { return {}; }
  std::span<float> generator_buffers(int) const { return {}; }
  std::span<float> discriminator_buffers(int) const { return {}; }
};
struct pair_with_buffers_of_nobody : pair {
  std::span<float> generator_buffers() const { return {}; }
};
struct pair_whose_buffers_change_it : pair {
  std::span<float> discriminator_buffers(int) { return {}; }
};
struct pair_with_the_buffers_of_a_problem : pair {
  std::span<float> buffers(int) const { return {}; }
};
static_assert(split_gan<pair> && split_gan<pair_with_costs> && split_gan<pair_with_buffers>);
static_assert(!split_gan<pair_with_buffers_of_nobody> &&
              !generator_buffers_is_const_takes_a_batch_and_gives_a_span<pair_with_buffers_of_nobody>);
static_assert(!split_gan<pair_whose_buffers_change_it> &&
              !discriminator_buffers_is_const_takes_a_worker_and_gives_a_span<pair_whose_buffers_change_it>);
static_assert(!split_gan<pair_with_the_buffers_of_a_problem> &&
              !buffers_of_a_pair_are_told_apart<pair_with_the_buffers_of_a_problem>);
static_assert(!split_gan<pair_with_one_cost> && !operations_is_const_and_gives_a_per_pass<pair_with_one_cost>);
static_assert(!split_gan<pair_of_workers> && !workers_is_const_and_gives_an_int<pair_of_workers>);

}  // namespace

TEST_CASE("problem: what is optional is found where it is") {
  complete const c;
  CHECK(c.workers() == 2);
  CHECK(c.tensors(player::min)[0] == tensor{1, 1});
}
