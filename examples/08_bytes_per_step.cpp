// The README's table: what a worker sends in a step, and what it hears from a server, for the two perceptrons of
// MD-GAN.
#include <cstdint>
#include <cstdio>
#include <saddle/saddle.hpp>
#include <string>
#include <vector>

namespace {

using namespace saddle;

constexpr players parameters{716560, 670219};
constexpr int workers = 8;

/// Bytes of one message of both players, header included.
template <class C>
double message(C const& c) {
  int const length = C::bucket == any_bucket ? default_bucket : C::bucket;
  bucket_layout const layout{parameters, length};
  return static_cast<double>(wire_bytes<C, float>(layout, layout.of(-1), c));
}
/// Messages that a worker sends in a round, on average over the workers and a period.
double messages(mixing_graph const& g) {
  double sum = 0;
  for (auto const& rows : g.rounds)
    for (std::size_t m = 0; m < rows.size(); ++m)
      for (edge const& e : rows[m]) sum += e.worker != static_cast<int>(m);
  return sum / static_cast<double>(g.rounds.size() * static_cast<std::size_t>(g.workers));
}

}  // namespace

int main() {
  std::vector<mixing_graph> const graphs{ring(workers), one_peer_exponential(workers), exponential(workers),
                                         complete(workers)};
  std::printf("| compressor | to the server | and from it, exact | from it, qsgd8 |");
  for (mixing_graph const& g : graphs) std::printf(" %s |", g.name.c_str());
  std::printf("\n| --- | --- | --- | --- |");
  for (std::size_t i = 0; i < graphs.size(); ++i) std::printf(" --- |");
  std::puts("");
  double const exact = message(identity{}), down = message(qsgd<512, 8>{});
  auto const row = [&](auto const& c, std::string const& name) {
    double const up = message(c);
    std::printf("| %s | %.0f | %.0f | %.0f |", name.c_str(), up, exact, down);
    for (mixing_graph const& g : graphs) std::printf(" %.0f |", up * messages(g));
    std::puts("");
  };
  row(identity{}, "`identity`");
  row(half<>{}, "`half<>`");
  row(bfloat{}, "`bfloat`");
  row(natural<>{}, "`natural<>`");
  row(qsgd<512, 8>{}, "`qsgd<512, 8>`");
  row(qsgd<512, 4>{}, "`qsgd<512, 4>`");
  row(ternary<>{}, "`ternary<>` = `qsgd<512, 2>`");
  row(scaled_sign<>{}, "`scaled_sign<>`");
  row(top_k<512, 8>{}, "`top_k<512, 8>`");
  row(global_top_k<>{.fraction = 0.01}, "`global_top_k<>{0.01}`");
  row(random_k<512, 8>{}, "`random_k<512, 8>`");
  row(adacomp_residual<>{}, "`adacomp_residual<>`");
}
