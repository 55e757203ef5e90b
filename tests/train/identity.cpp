// A checkpoint belongs to a problem: other data, labels, networks or options are another one.
#include <doctest/doctest.h>
#include <unistd.h>

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "../locale.hpp"
#include "processes.hpp"
#include "saddle/algorithm/async_server.hpp"
#include "saddle/algorithm/md_gan.hpp"
#include "saddle/algorithm/md_gan_settings.hpp"
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/problem/acgan.hpp"
#include "saddle/problem/bilinear.hpp"
#include "saddle/problem/classifier.hpp"
#include "saddle/problem/dirac_gan.hpp"
#include "saddle/problem/mlp_gan.hpp"
#include "saddle/problem/quadratic_game.hpp"
#include "saddle/problem/robust_least_squares.hpp"
#include "saddle/topology/accelerated_gossip.hpp"
#include "saddle/topology/circulant.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/metropolis.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/train/trainer.hpp"
#include "saddle/transport/loopback.hpp"

namespace identity_tests {

using namespace saddle;

namespace {

struct scratch_file {
  std::string path =
      (std::filesystem::temp_directory_path() / ("saddle-identity-" + std::to_string(::getpid()))).string();
  ~scratch_file() { std::filesystem::remove(path); }
};

samples data() {
  samples s{.count = 12, .shape = {2, 2, 1}, .bounds = range{0, 1}};
  for (int i = 0; i < 48; ++i) s.values.push_back(static_cast<float>(i * i % 17) / 16);
  for (int i = 0; i < 12; ++i) s.labels.push_back(static_cast<std::uint8_t>(i % 3));
  return s;
}
/// Other data of the same count and shape; a change of order counts, too.
std::vector<samples> other_data() {
  std::vector<samples> all(4, data());
  all[0].values[47] = 0.5f;
  all[1].values[0] = -0.0f;  // not the bits
  std::swap(all[2].values[1], all[2].values[3]);
  all[3].bounds = range{0, 2};
  return all;
}
std::vector<samples> other_labels() {
  std::vector<samples> all(2, data());
  all[0].labels[11] = 1;
  std::swap(all[1].labels[0], all[1].labels[1]);
  return all;
}

mlp_gan_options const plain{.generator = {3}, .discriminator = {3}, .latent = 2, .batch = 2, .workers = 2};
acgan_options const labelled{
    .generator = {3}, .discriminator = {3}, .latent = 4, .classes = 3, .batch = 2, .workers = 2};

mlp_gan<float> gan(samples const& s, mlp_gan_options o = plain) { return {s, std::move(o)}; }
acgan<float> labelled_gan(samples const& s, acgan_options o = labelled) { return {s, std::move(o)}; }
classifier<float> classes(samples const& s, classifier_options o = {.hidden = {3}, .batch = 2, .workers = 2}) {
  return {s, std::move(o)};
}

auto train(auto problem) {
  return trainer(std::move(problem), omd{0.01}, identity{}, parameter_server{}, loopback{2}, cpu{});
}
auto serve(auto problem) {
  using P = decltype(problem);
  async_settings<error_feedback<qsgd<128, 8>>> how{};
  how.step_size = 0.01;
  return async_server{P(std::move(problem)), how, loopback{2}, cpu{}};
}
auto split(auto pair) { return md_gan{std::move(pair), md_gan_settings<>{}, loopback{2}, cpu{}}; }

/// What `ours` saved is taken by another run on an equal problem and refused by one on each of the others.
template <class Make, class P>
void check(Make make, P const& ours, std::vector<P> const& others) {
  scratch_file const file;
  auto first = make(ours);
  first.run(3);
  first.save(file.path);
  auto same = make(ours);
  same.load(file.path);
  CHECK(same.digest() == first.digest());
  for (P const& p : others) {
    CHECK(p.identity() != ours.identity());
    auto run = make(p);
    std::uint64_t const before = run.digest();
    try {
      run.load(file.path);
      FAIL_CHECK("loaded");
    } catch (bad_checkpoint const& e) {
      std::string const what = e.what();
      CHECK_MESSAGE(what.find("of the same run on other data or another problem") != std::string::npos, what);
      CHECK(what.find(ours.identity()) != std::string::npos);
      CHECK(what.find(p.identity()) != std::string::npos);
    }
    CHECK(run.digest() == before);
  }
}
auto const in_trainer = [](auto const& p) { return train(p); };
auto const in_server = [](auto const& p) { return serve(p); };
auto const in_pair = [](auto const& p) { return split(p); };

}  // namespace

TEST_CASE("identity: a trainer, a server and MD-GAN refuse a checkpoint of other data") {
  std::vector<mlp_gan<float>> others;
  for (samples const& s : other_data()) others.push_back(gan(s));
  check(in_trainer, gan(data()), others);
  check(in_server, gan(data()), others);
  check(in_pair, gan(data()), others);
}

TEST_CASE("identity: labels count where they are learned from, and only there") {
  std::vector<acgan<float>> pairs;
  std::vector<classifier<float>> classifiers;
  for (samples const& s : other_labels()) {
    pairs.push_back(labelled_gan(s));
    classifiers.push_back(classes(s));
    CHECK(gan(s).identity() == gan(data()).identity());
  }
  check(in_pair, labelled_gan(data()), pairs);
  check(in_trainer, classes(data()), classifiers);
}

TEST_CASE("identity: options that change the run are part of it") {
  std::vector<mlp_gan<float>> others;  // with the same number of coordinates
  auto const change = [&](auto const& f) {
    mlp_gan_options o = plain;
    f(o);
    others.push_back(gan(data(), o));
  };
  change([](mlp_gan_options& o) { o.batch = 3; });
  change([](mlp_gan_options& o) { o.loss = gan_loss::wasserstein; });
  change([](mlp_gan_options& o) { o.r1 = 0.1; });
  change([](mlp_gan_options& o) { o.generator_leak = 0.1; });
  change([](mlp_gan_options& o) { o.workers = 3; });
  change([](mlp_gan_options& o) { o.partition = label_shards{2}; });
  change([](mlp_gan_options& o) { o.partition = label_shards{1}; });
  change([](mlp_gan_options& o) { o.partition = dirichlet{.alpha = 1, .seed = 1}; });
  check(in_trainer, gan(data()), others);
  CHECK(classes(data(), {.filters = {2}, .kernel = 3, .hidden = {}, .batch = 2, .workers = 2}).identity() !=
        classes(data(), {.filters = {2}, .kernel = 1, .hidden = {}, .batch = 2, .workers = 2}).identity());
  acgan_options larger = labelled;
  larger.batch = 3;
  CHECK(labelled_gan(data(), larger).identity() != labelled_gan(data()).identity());
  // By labels: then these count, even where they are not learned.
  mlp_gan_options shards = plain;
  shards.partition = label_shards{2};
  for (samples const& s : other_labels()) CHECK(gan(s, shards).identity() != gan(data(), shards).identity());
  CHECK(gan(data()).identity().find("partition") == std::string::npos);
  acgan_options dealt = labelled;
  dealt.partition = dirichlet{1};
  CHECK(labelled_gan(data(), dealt).identity() != labelled_gan(data()).identity());
  CHECK(classes(data(), {.hidden = {3}, .batch = 2, .workers = 2, .partition = label_shards{1}}).identity() !=
        classes(data()).identity());
  CHECK(dirac_gan<>{.r1 = 0.1}.identity() != dirac_gan<>{.r1 = 0.2}.identity());
}

TEST_CASE("identity: games are their matrices") {
  auto const game = quadratic_game<>::strongly_monotone(2, 2, 1);
  auto entry = game, offset = game, noise = game;
  entry.matrices[1](3, 0) += 1e-12;
  offset.offsets[0](2) = 0;
  noise.noise = 0.1;
  std::vector<quadratic_game<>> const games{entry, offset, noise, quadratic_game<>::strongly_monotone(2, 2, 2)};
  check(in_trainer, game, games);
  check(in_server, game, games);

  auto const loops = bilinear<>::random(2, 0.1, 2, 1);
  auto swapped = loops;
  std::swap(swapped.matrices[0], swapped.matrices[1]);
  check(in_trainer, loops, {swapped, bilinear<>::random(2, 0.1, 2, 2)});

  auto const squares = robust_least_squares<>::random(6, 2, 2, 1);
  auto lambda = squares, clients = squares, row = squares;
  lambda.lambda = 51;
  clients.clients = 3;
  row.y0(5) += 1;
  check(in_trainer, squares, {lambda, clients, row});
}

namespace {

/// A user's: states what it is, or does not.
struct slope {
  using scalar = double;
  double towards = 0;
  players sizes() const { return {1, 1}; }
  void initial(std::uint64_t, point<double> w) const { w.min[0] = w.max[0] = 1; }
  void gradient(point<double const> at, sample, point<double> out) const {
    out.min[0] = at.min[0] - towards;
    out.max[0] = at.max[0];
  }
};
struct named_slope : slope {
  std::string identity() const { return "slope to " + number_text(towards); }
};

// One that has the name but another signature is an error, and not a problem without an identity.
struct not_const : slope {
  std::string identity() { return ""; }
};
struct a_number : slope {
  std::uint64_t identity() const { return 1; }
};
struct an_argument : slope {
  std::string identity(int) const { return ""; }
};
struct shared : slope {
  static std::string identity() { return ""; }
};
struct a_matrix : slope {
  double identity[4] = {1, 0, 0, 1};
};
static_assert(problem<slope> && problem<named_slope> && problem<shared> && problem<a_matrix>);
static_assert(states_its_identity<shared> && !states_its_identity<a_matrix>);
static_assert(!problem<not_const> && !problem<a_number> && !problem<an_argument>);

// So for the other members that a problem may have.
struct workers_not_const : slope {
  int workers() { return 1; }
};
struct workers_of_something : slope {
  int workers(int) const { return 1; }
};
struct tensors_of_a_number : slope {
  std::vector<tensor> tensors(int) const { return {}; }
};
struct tensors_of_pairs : slope {
  std::vector<std::pair<int, int>> tensors(player) const { return {}; }
};
struct one_buffer : slope {
  std::span<double> gradient_buffers(int) const { return {}; }
};
struct buffers_not_const : slope {
  point<double> gradient_buffers(int) { return {}; }
};
struct player_is_a_number : slope {
  using slope::gradient;
  void gradient(point<double const>, sample, point<double>, int) const {}
};
struct player_not_const : slope {
  using slope::gradient;
  void gradient(point<double const>, sample, point<double>, player) {}
};
struct all_of_them : slope {
  using slope::gradient;
  void gradient(point<double const>, sample, point<double>, player) const {}
  int workers() const { return 1; }
  std::vector<tensor> tensors(player) const { return {}; }
  point<double> gradient_buffers(int) const { return {}; }
};
static_assert(!problem<workers_not_const> && !problem<workers_of_something>);
static_assert(!problem<tensors_of_a_number> && !problem<tensors_of_pairs>);
static_assert(!problem<one_buffer> && !problem<buffers_not_const>);
static_assert(!problem<player_is_a_number> && !problem<player_not_const>);
static_assert(problem<all_of_them> && splits_by_player<all_of_them> && has_gradient_buffers<all_of_them>);

struct operations_of_nothing : mlp_gan<float> {
  using mlp_gan<float>::mlp_gan;
  std::int64_t operations() const { return 0; }
};
static_assert(!split_gan<operations_of_nothing>);

}  // namespace

TEST_CASE("identity: a user's problem may state one") {
  check(in_trainer, named_slope{{.towards = 2}}, {named_slope{{.towards = 3}}});
  scratch_file const file;
  auto named = train(named_slope{});
  named.save(file.path);
  auto nameless = train(slope{});
  CHECK_THROWS_WITH_AS(nameless.load(file.path), doctest::Contains("this run a problem without an identity"),
                       bad_checkpoint);
  nameless.run(2);
  nameless.save(file.path);
  auto other = train(slope{.towards = 5});  // as far as the library sees
  other.load(file.path);
  CHECK(other.digest() == nameless.digest());
}

TEST_CASE("identity: processes that have other data than each other are refused") {
  auto const fleet = [](samples const& of_the_last) {
    return test::fleet_of_processes<trainer<float>>(2, 2, [&](test::process const& p) {
      return trainer<float>(gan(p.rank == 1 ? of_the_last : data()), omd{0.01}, identity{}, parameter_server{}, p,
                            cpu{});
    });
  };
  CHECK_NOTHROW(fleet(data()));
  for (samples const& s : other_data()) CHECK_THROWS_AS(fleet(s), std::invalid_argument);
}

TEST_CASE("identity: a checkpoint that was saved under one locale is loaded under another") {
  gossip const mixing{.graph = erdos_renyi(3, 0.9, 1), .consensus_step = 0.3};
  accelerated_gossip const fast{.graph = ring(3), .rounds = 2, .spectral_gap = 0.75};
  auto const all = [&](auto const& use) {
    auto const p = quadratic_game<>::strongly_monotone(2, 3, 1);
    use(trainer(p, omd{0.01}, qsgd<128, 4>{}, mixing, loopback{3}, cpu{}));
    use(trainer(p, omd{0.01}, identity{}, fast, loopback{3}, cpu{}));
  };
  std::vector<std::string> details;
  scratch_file const file;
  all([&](auto here) {
    here.run(2);
    here.save(file.path);
    auto const text = here.report().details;
    test::comma_locale const there;
    CHECK(here.report().details == text);
    here.load(file.path);
    here.save(file.path);
    details.push_back(text + here.report().topology);
  });
  CHECK(details[0].find("consensus-step=0.3") != std::string::npos);
  CHECK(details[0].find("erdos-renyi-0.9-1") != std::string::npos);
  CHECK(details[1].find("spectral-gap=0.75") != std::string::npos);
}

}  // namespace identity_tests
