#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "saddle/cuda.cuh"

// Each optimizer, compressor, rule and topology at least once, and what is most likely to be used together: after steps
// of a trainer all of its arrays are the same, to the bit.
//
// 120 kernels, each for full buckets and for short ones. In all
// kernels: 240

namespace {

using namespace saddle;

constexpr int workers = 3, steps = 4;

/// Numbers of all sizes, some zeros, many ties, and in step 2 one coordinate that is not finite.
template <class T>
struct drawn {
  using scalar = T;
  players counts;

  players sizes() const { return counts; }
  void initial(std::uint64_t, point<T> w) const { fill(w, {.seed = 5}, 1); }
  void gradient(point<T const> at, sample s, point<T> out) const {
    fill(out,
         {.seed = 6,
          .exchange = static_cast<std::uint64_t>(s.step),
          .worker = static_cast<std::uint32_t>(s.worker),
          .bucket = static_cast<std::uint64_t>(s.draw)},
         0.1);
    for (int p = 0; p < 2; ++p)
      for (std::size_t i = 0; i < at.of(p).size(); i += 5) out.of(p)[i] += T(0.125) * at.of(p)[i];
    if (s.step == 2 && s.worker == 1) out.min[out.min.size() / 2] = std::numeric_limits<T>::infinity();
  }

 private:
  static void fill(point<T> x, random_stream const& which, double size) {
    random_sequence draw(which);
    for (int p = 0; p < 2; ++p)
      for (std::size_t i = 0; i < x.of(p).size(); ++i)
        x.of(p)[i] = static_cast<T>(i % 7 == 3 ? size : i % 11 == 5 ? 0 : size * draw.normal());
  }
};

template <class T>
bool same_bits(std::span<T const> a, std::span<T const> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

template <class T, class O, class C, class Tp>
void same_on_the_device(O const& optimizer, C const& compressor, Tp const& topology,
                        std::vector<players> const& all_sizes = {players{1, 127}, players{128, 129}, players{511, 512},
                                                                 players{513, 3 * 512 + 5}, players{3 * 512 + 5, 0}}) {
  for (players const sizes : all_sizes) {
    CAPTURE(C::name());
    CAPTURE(O::name());
    CAPTURE(topology.name());
    CAPTURE(sizes.min);
    CAPTURE(sizes.max);
    trainer here{drawn<T>{sizes}, optimizer, compressor, topology, loopback{workers}, cpu{.threads = 2}};
    trainer there{drawn<T>{sizes}, optimizer, compressor, topology, loopback{workers}, saddle::cuda{}};
    here.run(steps);
    there.run(steps);
    CHECK(here.report().skipped_steps == 1);
    CHECK(there.report().skipped_steps == 1);
    for (std::string const& name : here.array_names()) {
      if (name == "g") continue;  // of a player alone, the other part is whatever the problem leaves there
      for (int m = 0; m < workers; ++m)
        for (int p = 0; p < 2; ++p) {
          CAPTURE(name);
          CAPTURE(m);
          CAPTURE(p);
          CHECK(same_bits<T>(here.array(name, m).of(p), there.array(name, m).of(p)));
        }
    }
  }
}

constexpr auto nearest = rounding::nearest;
constexpr auto dithered = rounding::dithered;
template <class Down>
using server = parameter_server<Down>;
using exact_server = parameter_server<>;
using on_average = parameter_server<exact_downlink, adapts::on_average>;
constexpr auto late = gossip_order::combine_then_adapt;

}  // namespace

TEST_CASE("a parameter server's steps give the same bits on the device") {
  same_on_the_device<float>(sgda{.step_size = 0.1}, identity{}, exact_server{});
  same_on_the_device<float>(omd{.step_size = 0.1}, error_feedback<qsgd<512, 8>>{}, exact_server{});
  same_on_the_device<float>(averaged_omd{.step_size = 0.1}, qsgd<512, 4>{}, exact_server{});
  same_on_the_device<float>(extragradient{.step_size = 0.1}, error_feedback<top_k<512, 8>>{}, exact_server{});
  same_on_the_device<float>(adam{.step_size = 0.01}, error_feedback<scaled_sign<512>>{}, exact_server{});
  using two_bits = error_feedback<qsgd<128, 2, nearest>>;
  same_on_the_device<float>(optimistic_adam{.step_size = 0.01}, two_bits{}, exact_server{});
  same_on_the_device<double>(extra_adam{.step_size = 0.01}, qsgd<1024, 4, dithered, norm::euclidean>{}, exact_server{});
  same_on_the_device<float>(omd{.step_size = 0.1}, error_feedback<random_k<512, 16, scaling::plain>>{}, exact_server{});
  same_on_the_device<float>(optimistic_adam{.step_size = 0.01}, natural<512>{}, exact_server{});
  same_on_the_device<float>(omd{.step_size = 0.1}, error_feedback<saddle::half<512>>{}, exact_server{});
  same_on_the_device<double>(sgda{.step_size = 0.1}, error_feedback<bfloat>{}, exact_server{});
}

TEST_CASE("a compressed downlink gives the same bits on the device") {
  using up = error_feedback<qsgd<512, 8, nearest, norm::euclidean>>;
  same_on_the_device<float>(omd{.step_size = 0.1}, up{}, server<error_feedback<qsgd<512, 8>>>{});
  same_on_the_device<float>(sgda{.step_size = 0.1}, qsgd<512, 2>{}, server<error_feedback<top_k<512, 64>>>{});
  using drawn_down = error_feedback<random_k<512, 64, scaling::plain>>;
  same_on_the_device<float>(sgda{.step_size = 0.1}, random_k<512, 128>{}, server<drawn_down>{});
  using fresh = error_feedback<adacomp_residual<512, 16>>;
  same_on_the_device<float>(omd{.step_size = 0.1}, fresh{}, server<error_feedback<qsgd<512, 8>>>{});
}

TEST_CASE("a server's sum of differences gives the same bits on the device") {
  same_on_the_device<float>(adam{.step_size = 0.01}, ef21<top_k<512, 8>>{}, exact_server{});
  same_on_the_device<float>(omd{.step_size = 0.1}, ef21<scaled_sign<512>>{}, exact_server{});
}

TEST_CASE("a server's steps on the average give the same bits on the device") {
  per_player const both{omd{.step_size = 0.1}, adam{.step_size = 0.01}};
  same_on_the_device<float>(both, error_feedback<qsgd<512, 8>>{}, on_average{});
  same_on_the_device<float>(adam{.step_size = 0.01}, qsgd<512, 4>{}, on_average{});
}

TEST_CASE("local steps around a server give the same bits on the device") {
  per_player const both{omd{.step_size = 0.1}, adam{.step_size = 0.01}};
  same_on_the_device<float>(both, identity{}, local_steps{exact_server{}, 2});
  same_on_the_device<float>(omd{.step_size = 0.1}, error_feedback<top_k<512, 8>>{}, local_steps{exact_server{}, 2});
}

TEST_CASE("gossip gives the same bits on the device") {
  gossip const exact{.graph = ring(workers)}, lossy{.graph = ring(workers), .consensus_step = 0.2};
  gossip const exact_late{.graph = ring(workers), .order = late};
  gossip const lossy_late{.graph = ring(workers), .order = late, .consensus_step = 0.2};
  same_on_the_device<float>(omd{.step_size = 0.1}, identity{}, exact);
  same_on_the_device<float>(sgda{.step_size = 0.1}, identity{}, exact_late);
  same_on_the_device<float>(omd{.step_size = 0.1}, identity{},
                            accelerated_gossip{.graph = path(workers), .rounds = 3, .spectral_gap = 0.3});
  per_player const both{omd{.step_size = 0.1}, adam{.step_size = 0.01}};
  same_on_the_device<float>(both, scaled_sign<1024>{}, lossy);
  same_on_the_device<float>(alternating_sgda{.step_size = 0.1}, top_k<512, 100>{}, lossy_late);
  same_on_the_device<float>(sgda{.step_size = 0.1}, bfloat{}, lossy);
  same_on_the_device<float>(sgda{.step_size = 0.1}, error_feedback<natural<512>>{}, lossy);
  same_on_the_device<float>(extragradient{.step_size = 0.1}, error_feedback<qsgd<512, 4, nearest>>{}, lossy);
  same_on_the_device<double>(omd{.step_size = 0.1}, error_feedback<top_k<2048, 32>>{}, lossy_late);
}

TEST_CASE("buckets whose tiles do not fit into registers give the same bits on the device") {
  auto const check = [](auto const& o, auto const& c, auto const& topology) {
    same_on_the_device<float>(o, c, topology, {players{130, 8192}, players{8192 + 4231, 0}});
  };
  check(omd{.step_size = 0.1}, error_feedback<qsgd<8192, 8>>{}, server<error_feedback<top_k<8192, 64>>>{});
  check(adam{.step_size = 0.01}, error_feedback<scaled_sign<8192>>{}, exact_server{});
  check(sgda{.step_size = 0.1}, random_k<8192, 64>{}, exact_server{});
  gossip const lossy{.graph = ring(workers), .consensus_step = 0.2};
  check(sgda{.step_size = 0.1}, natural<8192>{}, lossy);
}
