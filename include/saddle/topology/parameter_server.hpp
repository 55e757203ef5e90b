#pragma once
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/exchange/server_average.hpp"
#include "saddle/exchange/lists.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/norm.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Whose gradients an optimizer sees: each worker's its own, or all of them the average.
enum class adapts { on_worker, on_average };
/// How much a worker counts in the average: as much as the others, or by a weight that its optimizer says.
enum class workers_count { alike, by_weight };

/// The mean that came is kept: that of directions, or of gradients.
struct keeps_moved {
  using values = uses<in<name::came>, out<name::moved>>;
  template <class T>
  SADDLE_HD void operator()(T came, T& moved) const {
    moved = came;
  }
};
/// Every worker sends its direction to a server, which sends the average back: all hold the same w.
///
/// Downlink  compresses the average: `exact_downlink`, a compressor that is unbiased, or one with error feedback
///           (the memory is the server's)
/// Adapts    on_average: gradients are sent, and everyone takes the direction of their average. As many bytes, one
///           optimizer state a process, and of one worker the same bits. Workers that differ end far from the solution
///           with the average of directions like Adam's, and near it with the direction of their average. A type,
///           because it decides about kernels and memory.
/// Count     by_weight: what is averaged is each worker's direction, or its way in a round of local_steps, times its
///           weight over the mean of the weights: a number that goes along with the message. What an optimizer adds to
///           a worker's step size it takes from its weight, and the mean is that of gradients
template <class Downlink = exact_downlink, adapts Adapts = adapts::on_worker,
          workers_count Count = workers_count::alike>
struct parameter_server {
  Downlink downlink{};

  using downlink_type = Downlink;
  using exchanges = always;
  using begins = always;
  static constexpr bool has_server = true, on_average = Adapts == adapts::on_average, amplifies = false,
                        weighted = Count == workers_count::by_weight;

  template <class Run, class Subject>
  using slot_of = slot<Subject,
                       server_average<Run::kept, false, on_average && !Subject::integrates,
                                 Subject::integrates || Run::kept == feedback::difference,
                                 weighted && !Subject::integrates>,
                       typename Run::compression, Downlink>;
  template <class Run, class Subject, class Make, class Binds>
  using together = step_list<send_vector<slot_of<Run, Subject>, Make, Binds>,
                        receive_vector<slot_of<Run, Subject>,
                                made_in_turn<make_fixed<moves_by>, if_point<Subject, bounded<name::x>>>, Binds>>;
  template <class Run, class Subject, class Make, class G, int Player, bool KeepsMoved>
  using move_by_average =
      step_list<send_vector<slot_of<Run, Subject>, Make, binds<means<name::g, G>>, Player>,
           receive_vector<slot_of<Run, Subject>,
                   made_in_turn<make_fixed<moves_by>, bounded<name::x>,
                                make_fixed<std::conditional_t<KeepsMoved, keeps_moved, chain<>>>>,
                   binds<>, Player>>;
  template <class Run, class Subject, class G, int Player>
  using send_gradient =
      send_vector<slot_of<Run, Subject>, make_fixed<gives_gradient>, binds<means<name::g, G>>, Player>;
  template <class Run, class Subject, class Make, class G, int Player, bool KeepsMoved>
  using move_along_average =
      step_list<send_gradient<Run, Subject, G, Player>,
           receive_vector<slot_of<Run, Subject>,
                   made_in_turn<make_fixed<came_is_gradient>, Make, make_fixed<steps_x>, bounded<name::x>,
                                make_fixed<std::conditional_t<KeepsMoved, keeps_moved, chain<>>>>,
                   binds<>, Player, names<name::g>>>;
  /// All of the average must have come before what is measured of it is known.
  template <class Run, class Make, int Player>
  using measurements =
      cat<typename std::conditional_t<Run::measures_norms, std::type_identity<norms_of<name::moved, Player>>,
                                      std::type_identity<step_list<>>>::type,
          binding<typename detail::list_before<Make>::type, means<name::g, name::moved>>>;
  template <class Run, class Subject, class Make, class G, int Player>
  using move_along_measured_average =
      cat<step_list<send_gradient<Run, Subject, G, Player>,
                    receive_vector<slot_of<Run, Subject>, make_fixed<keeps_moved>, binds<>, Player>>,
          measurements<Run, Make, Player>,
          step_list<local_operation<made_in_turn<Make, make_fixed<steps_x>, bounded<name::x>>,
                                    binds<means<name::x, Subject>, means<name::g, name::moved>>, Player>>>;
  template <class Run, class Subject, class Make, class G, int Player, bool KeepsMoved>
  using move = typename std::conditional_t<
      !on_average, std::type_identity<move_by_average<Run, Subject, Make, G, Player, KeepsMoved>>,
      std::conditional_t<!std::is_same_v<measurements<Run, Make, Player>, step_list<>>,
                         std::type_identity<move_along_measured_average<Run, Subject, Make, G, Player>>,
                         std::type_identity<move_along_average<Run, Subject, Make, G, Player, KeepsMoved>>>>::type;
  template <class Run, int Player>
  using before_gradient = step_list<>;

  static constexpr int rounds_per_exchange() { return 1; }
  static constexpr bool varies() { return false; }
  static std::vector<edge> sources(std::int64_t, int, int, int workers) {
    std::vector<edge> all;
    for (int j = 0; j < workers; ++j) all.push_back({j, 1.0 / workers});
    return all;
  }
  static void check(int workers, bool, bool) { expects(workers >= 1, "parameter_server: there must be a worker"); }
  static std::string name() { return weighted ? "weighted-parameter-server" : "parameter-server"; }
};
parameter_server() -> parameter_server<>;
template <class Downlink>
parameter_server(Downlink) -> parameter_server<Downlink>;

template <class Downlink = exact_downlink>
using weighted_server = parameter_server<Downlink, adapts::on_worker, workers_count::by_weight>;

static_assert(topology<parameter_server<>> && topology<weighted_server<>>);

SADDLE_NAMESPACE_END
