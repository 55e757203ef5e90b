#include "method_list.hpp"

#include <cmath>

#include <saddle/topology/mixing_matrix.hpp>

namespace evidence {
namespace {

using namespace saddle;

constexpr auto exact = end_point::solution, biased = end_point::near_solution, open = end_point::unclaimed;
constexpr int every = 5;  // local steps

/// 1 minus the second singular value of the mixing matrix.
double gap_of(mixing_graph const& graph) { return 1 - second_singular_value(graph); }

}  // namespace

std::vector<method> methods_of_games(int workers) {
  mixing_graph const graph = ring(workers);
  double const gap = gap_of(graph);
  std::vector<method> all;
  auto const add = [&](std::string name, std::string mechanism, end_point end, auto const& make) -> method& {
    return all.emplace_back(method_of(std::move(name), std::move(mechanism), end, make));
  };

  // Baselines, and small rules.
  add("SGDA", "server", exact, [](double eta) { return centralized<sgda>{.optimizer = {eta}}; });
  add("extragradient", "server", exact,
      [](double eta) { return centralized<averaged_extragradient>{.optimizer = {eta}}; });
  add("extragradient, own look-ahead", "server", biased,
      [](double eta) { return centralized<extragradient>{.optimizer = {eta}}; });
  add("Local SGDA", "local steps", biased,
      [](double eta) { return local_sgda<>{.optimizer = {eta}, .topology = {.every = every}}; });
  add("Local SGDA+", "local steps", biased, [](double eta) {
    return local_sgda_plus<>{.optimizer = {{eta}, every}, .topology = {.every = every}};
  });
  add("Momentum Local SGDA", "local steps", biased, [](double eta) {
    return momentum_local_sgda{.optimizer = {.step_size = eta, .beta = 0.3}, .topology = {.every = every}};
  });
  add("Local extragradient", "local steps", biased,
      [](double eta) { return local_extragradient{.optimizer = {eta}, .topology = {.every = every}}; });
  add("decentralized SGDA", "gossip", biased, [=](double eta) { return dposg<sgda>{{eta}, {}, {graph}}; });
  add("DPOSG", "gossip", biased, [=](double eta) { return dposg<>{{eta}, {}, {graph}}; });
  add("DSS-OG", "gossip", biased, [=](double eta) { return dss_og{{{eta}}, {}, {graph}}; });
  add("DOL", "gossip", biased, [=](double eta) { return dol{{eta}, {}, {graph}}; });
  add("decentralized local extragradient", "gossip", biased, [=](double eta) {
    return decentralized_local_extragradient{
        .optimizer = {.step_size = eta, .second = sampling::independent}, .topology = {{graph}, every}};
  });
  add("decentralized extra step", "gossip, accelerated", biased, [=](double eta) {
    return decentralized_extra_step<>{
        .optimizer = {.step_size = eta, .second = sampling::independent},
        .topology = {.graph = graph, .rounds = 4, .spectral_gap = gap}};
  });
  add("DQGAN, 8 bits", "compressed", biased, [](double eta) { return dqgan<omd, qsgd<128, 8>>{.optimizer = {eta}}; });
  add("DeLi-CoCo, top 13 of 128", "compressed", biased, [=](double eta) {
    return deli_coco<top_k<128, 13>>{.optimizer = {eta},
                                     .topology = {.graph = graph, .rounds = 5, .consensus_step = 0.1}};
  });

  // Corrections.
  add("FedGDA-GT", "tracking, server", exact,
      [](double eta) { return fedgda_gt<>{.optimizer = {eta}, .topology = {.topology = {.every = every}}}; });
  add("SCAFFOLD", "control variates, server", exact,
      [](double eta) { return scaffold<>{.optimizer = {eta}, .topology = {.topology = {.every = every}}}; });
  add("ProxSkip-VIP", "control variates, server", exact, [](double eta) {
    return proxskip_vip<>{.optimizer = {eta}, .topology = {.topology = {.probability = 1.0 / every}}};
  });
  add("GT-GDA", "tracking, gossip", exact, [=](double eta) { return gt_gda{{eta}, {}, {{graph}}}; });
  add("GT-EG", "tracking, gossip", exact, [=](double eta) { return gt_eg{{eta}, {}, {{graph}}}; });
  add("GT-OMD", "tracking, gossip", exact, [=](double eta) { return gt_omd{{eta}, {}, {{graph}}}; });
  add("GT-GDA, top 13 of 128", "tracking, gossip, compressed", exact, [=](double eta) {
    return gradient_tracking<sgda, top_k<128, 13>>{{eta}, {}, {{.graph = graph, .consensus_step = 0.1}}};
  });
  add("K-GT", "control variates, gossip", exact,
      [=](double eta) { return k_gt<>{.optimizer = {eta}, .topology = {{{graph}, every}}}; });
  add("exact diffusion", "correction of moves, gossip", exact,
      [=](double eta) { return d2<>{.optimizer = {eta}, .topology = {{lazy(graph)}}}; });
  add("VI-PAPC", "duals, gossip", exact, [=](double eta) {
    return vi_papc<>{.optimizer = {eta}, .topology = {.topology = {graph}, .look = 1, .dual_step = 0.25}};
  });

  // Estimators: noise goes, too.
  auto const add_quiet = [&](std::string name, std::string mechanism, end_point end, auto const& make) {
    add(std::move(name), std::move(mechanism), end, make).reduces_variance = true;
  };
  add_quiet("SVRE", "SVRG, tracking, server", exact,
            [](double eta) { return svre<extragradient, tracked<parameter_server<>>>{.optimizer = {{eta}}}; });
  add_quiet("loopless SVRE", "SVRG, tracking, server", exact,
            [](double eta) { return loopless_svre<tracked<parameter_server<>>>{.optimizer = {eta}}; });
  add_quiet("MC-SVRE", "SVRG, tracking, gossip", exact,
            [=](double eta) { return mc_svre_over(graph, gap, 4, {eta}); });
  add("DM-HSGD", "STORM, tracking, gossip", exact, [=](double eta) {
    auto how = dm_hsgd<sgda>::over(graph);
    how.optimizer.policy.step_size = eta;
    return how;
  });
  add_quiet("DGDA-VR", "PAGE, tracking, gossip", exact, [=](double eta) {
    auto how = dgda_vr<sgda>::over(graph);
    how.optimizer.policy.step_size = eta;
    return how;
  });
  add_quiet("DREAM", "PAGE, tracking, gossip", exact, [=](double eta) {
    auto how = dream<sgda, all_data>::over(graph, gap, 4);
    how.optimizer.policy.step_size = eta;
    return how;
  });
  add("FedSGDA-M", "STORM, local steps", open, [](double eta) {
    return fed_sgda_m<sgda>{.optimizer = {{eta}}, .topology = {{.every = every}}};
  });
  add("CDMA, 4 workers a round", "SVRG, mean of those, server", open, [](double eta) {
    auto how = cdma<>::of(every, 4);
    how.optimizer.policy.step_size = eta;
    return how;
  });
  add_quiet("CDMA, 4 workers a round, tracked", "SVRG, tracking, server", exact, [](double eta) {
    auto how = cdma<sgda, tracked>::of(every, 4);
    how.optimizer.policy.step_size = eta;
    return how;
  });
  add_quiet("C-DPSSG, 8 bits", "SVRG, duals, gossip, compressed", exact, [=](double eta) {
    return c_dpssg<variance_reduced<sgda>, qsgd<128, 8>>{
        .optimizer = {{eta}}, .topology = {.topology = {.graph = graph, .consensus_step = 0.5}, .dual_step = 0.25}};
  });
  add("MASHA1, random 32 of 128", "anchor, compressed", exact,
      [](double eta) { return masha1<random_k<128, 32>>{.optimizer = {eta}}; });
  add("MASHA2, top 13 of 128", "anchor, compressed", exact,
      [](double eta) { return masha2<top_k<128, 13>>{.optimizer = {eta}}; });

  // Step sizes that adapt.
  auto const add_adaptive = [&](std::string name, std::string mechanism, double first, auto const& make) {
    add(std::move(name), std::move(mechanism), open, make).first_step_size = first;
  };
  add_adaptive("D-AdaST", "scalars, gossip", 1, [=](double eta) { return d_adast<>{{.step_size = eta}, {}, {graph}}; });
  add_adaptive("D-TiAda", "own scalars, gossip", 1,
               [=](double eta) { return d_tiada<>{{.step_size = eta}, {}, {graph}}; });
  add_adaptive("LocalAdaSEG", "scalars, weighted server", 1, [](double eta) {
    local_adaseg<> how;
    how.optimizer.diameter = eta;
    return how;
  });
  add_adaptive("adaptive forward-reflected-backward", "scalars, server", 1, [](double eta) {
    return centralized<adaptive_forward_reflected>{.optimizer = {.step_size = eta}};
  });
  return all;
}

std::vector<method> methods_on_simplices(int workers) {
  mixing_graph const graph = ring(workers);
  std::vector<method> all;
  auto const add = [&](std::string name, std::string mechanism, end_point end, auto const& make) {
    all.push_back(method_of(std::move(name), std::move(mechanism), end, make));
  };
  add("SGDA", "server", biased, [](double eta) { return centralized<on_simplex<sgda>>{.optimizer = {{eta}}}; });
  add("extragradient", "server", exact,
      [](double eta) { return centralized<on_simplex<averaged_extragradient>>{.optimizer = {{eta}}}; });
  add("OMD", "server", exact, [](double eta) { return centralized<on_simplex<averaged_omd>>{.optimizer = {{eta}}}; });
  add("OMD, own look-ahead", "server", biased,
      [](double eta) { return centralized<on_simplex<omd>>{.optimizer = {{eta}}}; });
  add("GT-EG", "tracking, gossip", exact, [=](double eta) {
    return gradient_tracking<on_simplex<extragradient>>{{{eta}}, {}, {{graph}}};
  });
  add("Local extragradient", "local steps", biased, [](double eta) {
    return local_sgda<on_simplex<extragradient>>{.optimizer = {{eta}}, .topology = {.every = every}};
  });
  return all;
}

std::vector<method> methods_of_gans(int workers) {
  mixing_graph const graph = ring(workers);
  std::vector<method> all;
  auto const add = [&](std::string name, std::string mechanism, end_point end, auto const& make) {
    all.push_back(method_of(std::move(name), std::move(mechanism), end, make));
  };
  add("Local Adam", "local steps", biased,
      [](double eta) { return local_sgda<adam>{.optimizer = {eta}, .topology = {.every = every}}; });
  add("FedGDA-GT, Adam", "tracking, server", exact,
      [](double eta) { return fedgda_gt<adam>{.optimizer = {eta}, .topology = {.topology = {.every = every}}}; });
  add("SCAFFOLD, Adam", "control variates, server", exact,
      [](double eta) { return scaffold<adam>{.optimizer = {eta}, .topology = {.topology = {.every = every}}}; });
  add("DP-OAdam", "gossip", biased, [=](double eta) { return dp_oadam{{eta}, {}, {graph}}; });
  add("gossip Adam", "gossip", biased, [=](double eta) { return dposg<adam>{{eta}, {}, {graph}}; });
  add("GT-Adam", "tracking, gossip", exact, [=](double eta) { return gradient_tracking<adam>{{eta}, {}, {{graph}}}; });
  add("DQGAN, Adam", "compressed", biased, [](double eta) { return dqgan<omd_adam>{.optimizer = {eta}}; });
  return all;
}

}  // namespace evidence
