// What an optimizer must state.
#include "saddle/optimizer/concept.hpp"

#include <doctest/doctest.h>

#include <string>

#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/alternating.hpp"
#include "saddle/optimizer/extra_adam.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/optimistic_adam.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/optimizer/sgda.hpp"

namespace concept_tests {

using namespace saddle;

namespace {

/// A complete optimizer, sgda in all but its name, and others that forget or misspell one thing.
struct complete {
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  along_gradient<T> direction(std::int64_t) const {
    return {T(1)};
  }
  static std::string name() { return "complete"; }
};

struct no_name {
  template <class Who>
  using steps = complete::steps<Who>;
  using estimator = one_gradient;
  template <class T>
  along_gradient<T> direction(std::int64_t) const {
    return {T(1)};
  }
};
struct name_that_is_no_text : complete {
  static void name() {}
};
struct no_steps {
  using estimator = one_gradient;
  template <class T>
  along_gradient<T> direction(std::int64_t) const {
    return {T(1)};
  }
  static std::string name() { return "no-steps"; }
};
struct no_estimator {
  template <class Who>
  using steps = complete::steps<Who>;
  template <class T>
  along_gradient<T> direction(std::int64_t) const {
    return {T(1)};
  }
  static std::string name() { return "no-estimator"; }
};
struct no_direction {
  template <class Who>
  using steps = complete::steps<Who>;
  using estimator = one_gradient;
  static std::string name() { return "no-direction"; }
};
struct direction_that_is_a_number : complete {
  template <class T>
  T direction(std::int64_t) const {
    return T(1);
  }
};
struct direction_without_v : complete {
  template <class T>
  copies<name::g, name::h> direction(std::int64_t) const {
    return {};
  }
};
struct direction_that_only_reads_v : complete {
  template <class T>
  copies<name::v, name::g> direction(std::int64_t) const {
    return {};
  }
};
struct direction_with_a_text : complete {
  template <class T>
  struct named {
    using values = uses<in<name::g>, out<name::v>>;
    std::string text;
    void operator()(T g, T& v) const { v = g; }
  };
  template <class T>
  named<T> direction(std::int64_t) const {
    return {};
  }
};

/// Any list, with a look-ahead or without.
template <class... Op>
struct with_steps : complete {
  template <class>
  using steps = step_list<Op...>;
};
template <class... Op>
struct with_steps_and_ahead : with_steps<Op...> {
  template <class T>
  ahead_along_gradient<T> ahead(std::int64_t) const {
    return {T(1)};
  }
};
struct ahead_without_h : with_steps<estimate<name::h, whole>, descend<whole>, look_ahead<whole>> {
  template <class T>
  along_gradient<T> ahead(std::int64_t) const {
    return {T(1)};
  }
};

using at_w = estimate<name::w, whole>;
using at_h = estimate<name::h, whole>;
using moves = descend<whole>;
using looks = look_ahead<whole>;

}  // namespace

TEST_CASE("optimizer: every member is stated") {
  static_assert(optimizer<complete>);
  static_assert(!optimizer<no_name> && !has_a_name<no_name>);
  static_assert(!optimizer<name_that_is_no_text> && !has_a_name<name_that_is_no_text>);
  static_assert(!optimizer<no_steps> && !lists_its_step<no_steps>);
  static_assert(!optimizer<no_estimator> && !names_its_estimator<no_estimator>);
  static_assert(!optimizer<no_direction> && !gives_a_direction<no_direction>);
}

TEST_CASE("optimizer: a direction is an operation that leaves v, and of plain numbers") {
  static_assert(!optimizer<direction_that_is_a_number> && !gives_a_direction<direction_that_is_a_number>);
  static_assert(!optimizer<direction_without_v> && !leaves_a_direction<direction_without_v>);
  static_assert(!optimizer<direction_that_only_reads_v> && !leaves_a_direction<direction_that_only_reads_v>);
  static_assert(!optimizer<direction_with_a_text> && leaves_a_direction<direction_with_a_text> &&
                !directions_fit_in_kernel_arguments<direction_with_a_text>);
}

TEST_CASE("optimizer: a list that makes no sense is none") {
  static_assert(!optimizer<with_steps<>> && !moves_its_weights<with_steps<>>);
  static_assert(!optimizer<with_steps<at_w>> && !moves_its_weights<with_steps<at_w>>);
  using only_h = with_steps<at_w, descend<whole, name::h>, at_h>;
  static_assert(!optimizer<only_h> && !moves_its_weights<only_h>);
  static_assert(optimizer<with_steps<at_w, descend_and_keep<whole>>>);

  using from_nowhere = with_steps<at_h, moves>;
  static_assert(!optimizer<from_nowhere> && !takes_gradients_where_something_is_written<from_nowhere>);
  static_assert(optimizer<with_steps<at_w, descend<whole, name::h>, at_h, moves>>);

  using in_vain = with_steps_and_ahead<at_w, moves, looks>;
  static_assert(!optimizer<in_vain> && !uses_the_look_ahead_that_it_writes<in_vain>);
  using averaged_in_vain = with_steps<at_w, descend<whole, name::h>, moves>;
  static_assert(!optimizer<averaged_in_vain> && !uses_the_look_ahead_that_it_writes<averaged_in_vain>);
  static_assert(optimizer<with_steps_and_ahead<at_h, moves, looks>>);

  using blind = with_steps<at_h, moves, looks>;
  static_assert(!optimizer<blind> && !says_how_it_looks_ahead<blind>);
  static_assert(!optimizer<ahead_without_h> && !says_how_it_looks_ahead<ahead_without_h>);
  static_assert(optimizer<with_steps<at_h, descend_and_keep<whole>, look_ahead<whole, name::moved>>>);  // along the mean
}

TEST_CASE("optimizer: what is inside of conditions and repetitions counts") {
  using now_and_then = with_steps<when<always, at_w, repeat<done_once, moves>>>;
  static_assert(optimizer<now_and_then> && facts_of_steps<now_and_then>::estimates == 1);
  using nested = with_steps_and_ahead<repeat<done_once, at_h, when<always, moves>>, when<always, looks>>;
  static_assert(optimizer<nested> && facts_of_steps<nested>::looks_ahead && facts_of_steps<nested>::at_h);
  static_assert(!optimizer<with_steps<when<always, at_w>>>);
}

TEST_CASE("optimizer: all that come with the library are") {
  static_assert(optimizer<sgda> && optimizer<alternating_sgda> && optimizer<omd> && optimizer<averaged_omd> &&
                optimizer<extragradient> && optimizer<averaged_extragradient> && optimizer<adam> &&
                optimizer<optimistic_adam> && optimizer<extra_adam>);
  static_assert(optimizer<alternating<omd>> && optimizer<alternating<adam>> && optimizer<per_player<omd, sgda>> &&
                optimizer<per_player<sgda, omd>> && optimizer<per_player<extra_adam, extra_adam>>);
}

TEST_CASE("optimizer: all that come with the library can be paced") {
  static_assert(can_be_paced<sgda> && can_be_paced<alternating_sgda> && can_be_paced<alternating<omd>> &&
                can_be_paced<omd> && can_be_paced<averaged_omd> && can_be_paced<extragradient> &&
                can_be_paced<averaged_extragradient> && can_be_paced<adam> && can_be_paced<optimistic_adam> &&
                can_be_paced<extra_adam>);
  struct derived : adam {};  // paced, it would be adam
  static_assert(!can_be_paced<derived>);
}

}  // namespace concept_tests
