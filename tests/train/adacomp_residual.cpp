// A compressor that looks at the fresh direction: who encodes hands it over, a worker its own, a server the average.
#include "saddle/run/instruction.hpp"

#include "game.hpp"

namespace adacomp_residual_tests {

using namespace saddle;
using test::vector;

namespace {

using residual = adacomp_residual<128, 2>;

/// What a message of 10 + 10 coordinates says of p, whose fresh part is v.
vector said(vector p, vector const& v) {
  for (std::ptrdiff_t begin : {0, 10}) {
    double tile[128], fresh[128], sent[128] = {}, scale;
    std::uint16_t count, pair[2];
    std::copy_n(p.begin() + begin, 10, tile);
    std::copy_n(v.begin() + begin, 10, fresh);
    residual{}.encode(serial_group{}, tile, fresh, sent, 10, {}, {&scale, &count, pair});
    std::copy_n(sent, 10, p.begin() + begin);
  }
  return p;
}

}  // namespace

TEST_CASE("DQGAN with adacomp_residual, up alone and both ways, is a plain loop over vectors, to the bit") {
  auto const game = test::smg(3);
  double const eta = 0.05;
  using careful = error_feedback<residual>;
  auto const follow = [&](trainer<double> t, bool both_ways) {
    vector w = game.start, server(20);
    std::vector<vector> h(3, w), e(3, vector(20)), g(3);
    int more_than_maxima = 0;
    for (int step = 0; step < 200; ++step) {
      vector sum(20);
      for (std::size_t m = 0; m < 3; ++m) {
        g[m] = game.field(static_cast<int>(m), h[m]);
        vector p(20), v(20);
        for (std::size_t i = 0; i < 20; ++i) p[i] = (v[i] = eta * g[m][i]) + e[m][i];
        vector const sent = said(p, v);
        more_than_maxima += sent != said(p, vector(20));
        e[m] = test::difference(p, sent);
        for (std::size_t i = 0; i < 20; ++i) sum[i] += 1.0 / 3 * sent[i];
      }
      if (both_ways) {
        vector p(20);
        for (std::size_t i = 0; i < 20; ++i) p[i] = sum[i] + server[i];
        sum = said(p, sum);
        server = test::difference(p, sum);
      }
      for (std::size_t i = 0; i < 20; ++i) w[i] -= sum[i];
      for (std::size_t m = 0; m < 3; ++m)
        for (std::size_t i = 0; i < 20; ++i) h[m][i] = (w[i] - e[m][i]) - eta * g[m][i];
      t.step();
      for (int m = 0; m < 3; ++m) {
        REQUIRE(test::weights(t, m) == w);
        REQUIRE(test::memory(t, m) == e[static_cast<std::size_t>(m)]);
        REQUIRE(test::look_ahead(t, m) == h[static_cast<std::size_t>(m)]);
      }
    }
    CHECK(more_than_maxima > 20);  // the direction made a difference
    CHECK(test::all_zero(server) != both_ways);
  };
  SUBCASE("up") { follow({game, omd{eta}, careful{}, parameter_server<>{}, loopback{3}, cpu{}}, false); }
  SUBCASE("both ways") { follow({game, omd{eta}, careful{}, parameter_server<careful>{}, loopback{3}, cpu{}}, true); }
}

}  // namespace adacomp_residual_tests
