#include <stdexcept>

#include <saddle/topology/mixing_matrix.hpp>

#include "../composition.hpp"

namespace train_gan {
namespace {

struct graph_choice {
  std::string_view name;
  saddle::mixing_graph (*make)(composition const& how);
};
constexpr graph_choice graphs[] = {
    {"ring", [](composition const& how) { return saddle::ring(how.workers); }},
    {"directed-ring", [](composition const& how) { return saddle::directed_ring(how.workers); }},
    {"path", [](composition const& how) { return saddle::path(how.workers); }},
    {"torus", [](composition const& how) { return saddle::torus(how.workers); }},  // a square one
    {"hypercube", [](composition const& how) { return saddle::hypercube(how.workers); }},
    {"complete", [](composition const& how) { return saddle::complete(how.workers); }},
    {"star", [](composition const& how) { return saddle::star(how.workers); }},
    {"exponential", [](composition const& how) { return saddle::exponential(how.workers); }},
    {"one-peer-exponential", [](composition const& how) { return saddle::one_peer_exponential(how.workers); }},
    {"random-rings", [](composition const& how) { return saddle::random_rings(how.workers, how.run.seed); }},
    {"erdos-renyi", [](composition const& how) { return saddle::erdos_renyi(how.workers, 0.5, how.run.seed); }}};

}  // namespace

std::vector<std::string> graph_names() {
  std::vector<std::string> names;
  for (graph_choice const& g : graphs) names.emplace_back(g.name);
  return names;
}
saddle::mixing_graph graph_of(composition const& how) {
  for (graph_choice const& g : graphs)
    if (how.topology == g.name) return g.make(how);
  throw std::invalid_argument("there is no topology " + how.topology);
}

saddle::accelerated_gossip accelerated(composition const& how) {
  saddle::mixing_graph const graph = graph_of(how);
  return {.graph = graph, .rounds = how.rounds, .spectral_gap = saddle::spectral_gap(graph), .order = how.order};
}

}  // namespace train_gan
