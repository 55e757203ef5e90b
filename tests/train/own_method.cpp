// A method that the library does not have, in this file alone: a primal-dual proximal correction (VI-PAPC) over a graph.
// A dual y of each worker stands for how its operator differs from the mean; the y add up to zero. With q = w - b (F - y):
//   y <- y - theta (q - W q),  D = (F + a (F - F_old)) - (y + a (y - y_old)),  w <- w - eta D.
#include "saddle/step/list.hpp"

#include "../heterogeneous.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"

namespace own_method_tests {

using namespace saddle;

namespace {

struct dual : state_array { static constexpr char const* text = "dual"; };
struct old_g : state_array { static constexpr char const* text = "old_g"; };
struct unmixed : scratch_array { static constexpr char const* text = "unmixed"; };
struct mixed : scratch_array { static constexpr char const* text = "mixed"; };

struct primal_dual_correction {
  double step_size = 0.05, reflection = 1, look = 0.1, dual_step = 1;

  template <class T>
  struct looks {
    using values = uses<in<name::w>, in<name::g>, in<dual>, out<unmixed>, out<mixed>>;
    T look;
    SADDLE_HD void operator()(T w, T g, T y, T& unmixed, T& mixed) const { unmixed = mixed = w - look * (g - y); }
  };
  struct looking {
    template <class T, class Run>
    static looks<T> at(Run const& r, iteration const&) {
      return {static_cast<T>(r.optimizer.look)};
    }
  };
  template <class T>
  struct along_corrected {
    using values = uses<in<name::g>, inout<old_g>, inout<dual>, in<unmixed>, in<mixed>, out<name::v>>;
    T step, reflection, dual_step;
    SADDLE_HD void operator()(T g, T& old, T& y, T unmixed, T mixed, T& v) const {
      T const next = y - dual_step * (unmixed - mixed);
      v = step * ((g + reflection * (g - old)) - (next + reflection * (next - y)));
      old = g;
      y = next;
    }
  };
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, local_operation<looking>, together<mixed, make_fixed<stay>>,
                     local_operation<made_in_turn<direction_of<Who>, make_fixed<steps_x>>, binds<means<name::x, name::w>>>>;
  using estimator = one_gradient;
  template <class T>
  along_corrected<T> direction(std::int64_t) const {
    return {static_cast<T>(step_size), static_cast<T>(reflection), static_cast<T>(dual_step)};
  }
  static std::string name() { return "primal-dual-correction"; }
};
static_assert(optimizer<primal_dual_correction>);

}  // namespace

TEST_CASE("a method of one's own comes to the solution of workers that differ, where gossip alone is biased") {
  primal_dual_correction const method;
  CHECK(test::distance_after(8000, method, identity{}, gossip{ring(8)}) < 1e-9);
  CHECK(test::distance_after(8000, sgda{0.05}, identity{}, gossip{ring(8)}) > 1e-2);
}

TEST_CASE("a method of one's own repeats and resumes to the bit") {
  test::is_repeatable([](int threads) {
    return test::trainer_of(test::heterogeneous_game(0.3), primal_dual_correction{}, identity{}, gossip{ring(8)}, threads);
  });
}

}  // namespace own_method_tests
