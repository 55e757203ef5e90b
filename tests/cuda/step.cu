#include <doctest/doctest.h>

#include "run.cuh"
#include "saddle/compressor/adacomp_residual.hpp"
#include "saddle/compressor/bfloat.hpp"
#include "saddle/compressor/ef21.hpp"
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/half.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/compressor/natural.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/compressor/random_k.hpp"
#include "saddle/compressor/scaled_sign.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/alternating.hpp"
#include "saddle/optimizer/extra_adam.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/optimistic_adam.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/scheme.hpp"

// Each optimizer, compressor and scheme at least once, and what is most likely to be used together.
//
// 30 combinations: as many encode, 28 apply and 24 adapt (those that differ in an argument that the body does not have
// share one), 6 average (type and bucket length), 13 restore (averages with a memory), 4 relay, 2 step_alone. In all
// kernels: 107

namespace {

using namespace saddle;

template <class T, class O, class C, class Scheme, class Down = identity, int Bucket = 512>
void same_on_the_device(O const& optimizer) {
  for (players const sizes : {players{1, 127}, players{128, 129}, players{511, 512},
                              players{513, 3 * 512 + 5}, players{3 * 512 + 5, 0}}) {
    CAPTURE(wire_compressor<C>::name());
    CAPTURE(O::name());
    CAPTURE(sizes.min);
    CAPTURE(sizes.max);
    CHECK(given_run<T, O, C, Scheme, Down, Bucket>(optimizer, sizes).difference() == "");
  }
}

constexpr auto nearest = rounding::nearest;
constexpr auto dithered = rounding::dithered;
using with_memory = updates<feedback::error>;
using bare = updates<feedback::none>;
using of_differences = updates<feedback::difference>;
using on_average = updates<feedback::none, false, true>;
using on_average_with_memory = updates<feedback::error, false, true>;
using anchored = updates<feedback::none, true>;
using anchored_with_memory = updates<feedback::error, true>;

}  // namespace

TEST_CASE("a parameter server's steps give the same bits on the device") {
  same_on_the_device<float, sgda, identity, bare>({.step_size = 0.1});
  same_on_the_device<float, omd, error_feedback<qsgd<512, 8>>, with_memory>({.step_size = 0.1});
  same_on_the_device<float, averaged_omd, qsgd<512, 4>, bare>({.step_size = 0.1});
  same_on_the_device<float, extragradient, error_feedback<top_k<512, 8>>, with_memory>({.step_size = 0.1});
  same_on_the_device<float, adam, error_feedback<scaled_sign<512>>, with_memory>({.step_size = 0.01});
  same_on_the_device<float, optimistic_adam, error_feedback<qsgd<128, 2, nearest>>, with_memory, identity,
                     128>({.step_size = 0.01});
  same_on_the_device<double, extra_adam, qsgd<1024, 4, dithered, norm::euclidean>, bare, identity, 1024>(
      {.step_size = 0.01});
  same_on_the_device<float, omd, error_feedback<random_k<512, 16, scaling::plain>>, with_memory>({.step_size = 0.1});
  same_on_the_device<float, optimistic_adam, natural<512>, bare>({.step_size = 0.01});
  same_on_the_device<float, omd, error_feedback<saddle::half<512>>, with_memory>({.step_size = 0.1});
  same_on_the_device<double, sgda, error_feedback<bfloat>, with_memory>({.step_size = 0.1});
}

TEST_CASE("a compressed downlink gives the same bits on the device") {
  using up = error_feedback<qsgd<512, 8, nearest, norm::euclidean>>;
  same_on_the_device<float, omd, up, with_memory, error_feedback<qsgd<512, 8>>>({.step_size = 0.1});
  same_on_the_device<float, sgda, qsgd<512, 2>, bare, error_feedback<top_k<512, 64>>>({.step_size = 0.1});
  using drawn = error_feedback<random_k<512, 64, scaling::plain>>;
  same_on_the_device<float, sgda, random_k<512, 128>, bare, drawn>({.step_size = 0.1});
  using fresh = error_feedback<adacomp_residual<512, 16>>;
  same_on_the_device<float, omd, fresh, with_memory, error_feedback<qsgd<512, 8>>>({.step_size = 0.1});
}

TEST_CASE("a server's sum of differences gives the same bits on the device") {
  same_on_the_device<float, adam, ef21<top_k<512, 8>>, of_differences>({.step_size = 0.01});
  same_on_the_device<float, omd, ef21<scaled_sign<512>>, of_differences>({.step_size = 0.1});
}

TEST_CASE("a server's steps on the average give the same bits on the device") {
  same_on_the_device<float, per_player<omd, adam>, error_feedback<qsgd<512, 8>>, on_average_with_memory>(
      {.min = {.step_size = 0.1}, .max = {.step_size = 0.01}});
  same_on_the_device<float, adam, qsgd<512, 4>, on_average>({.step_size = 0.01});
}

TEST_CASE("local steps around a server give the same bits on the device") {
  same_on_the_device<float, per_player<omd, adam>, identity, anchored>(
      {.min = {.step_size = 0.1}, .max = {.step_size = 0.01}});
  same_on_the_device<float, omd, error_feedback<top_k<512, 8>>, anchored_with_memory>({.step_size = 0.1});
}

TEST_CASE("gossip gives the same bits on the device") {
  same_on_the_device<float, omd, identity, mixing<false>>({.step_size = 0.1});
  same_on_the_device<float, sgda, identity, mixing<true>>({.step_size = 0.1});
  same_on_the_device<float, omd, identity, accelerated_mixing<false>>({.step_size = 0.1});
  same_on_the_device<float, per_player<omd, adam>, scaled_sign<1024>, choco<false>, identity, 1024>(
      {.min = {.step_size = 0.1}, .max = {.step_size = 0.01}});
  same_on_the_device<float, alternating_sgda, top_k<512, 100>, choco<true>>({.step_size = 0.1});
  same_on_the_device<float, sgda, bfloat, choco<false>>({.step_size = 0.1});
  same_on_the_device<float, sgda, error_feedback<natural<512>>, deep_squeeze<false>>({.step_size = 0.1});
  same_on_the_device<float, extragradient, error_feedback<qsgd<512, 4, nearest>>, deep_squeeze<false>>(
      {.step_size = 0.1});
  same_on_the_device<double, omd, error_feedback<top_k<2048, 32>>, deep_squeeze<true>, identity, 2048>(
      {.step_size = 0.1});
}
