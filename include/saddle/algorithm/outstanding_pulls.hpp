#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "saddle/algorithm/update_log.hpp"
#include "saddle/config.hpp"
#include "saddle/run/checkpoint.hpp"

SADDLE_NAMESPACE_BEGIN

/// What the server of an asynchronous run knows of the workers' latest pulls; where coordinates are counted, of what it
/// has updated since.
template <bool CountsCoordinates>
class outstanding_pulls {
 public:
  struct pull {
    std::int64_t number = 0, step = 0;  // of the gradient that it is for; the server's then
  };
  /// Pulls that are more than so many steps old are not counted any more.
  outstanding_pulls(std::size_t padded, std::int64_t coordinates, int workers, bool is_server,
                    std::optional<std::int64_t> oldest)
      : pulls_(static_cast<std::size_t>(workers)),
        log_(static_cast<std::int64_t>(padded), coordinates, CountsCoordinates && is_server ? workers : 0),
        oldest_(oldest),
        updates_(CountsCoordinates ? padded : 0),
        touched_(CountsCoordinates ? padded : 0) {}

  std::int64_t number(int m) const { return pulls_[static_cast<std::size_t>(m)].number; }
  std::int64_t step(int m) const { return pulls_[static_cast<std::size_t>(m)].step; }
  /// Worker m has the weights as they are after this step.
  void note(int m, std::int64_t now) {
    pull& p = pulls_[static_cast<std::size_t>(m)];
    if (CountsCoordinates && oldest_) {
      ages_.erase({p.step, m});
      ages_.insert({now, m});
    }
    p.step = now;
    ++p.number;
    if constexpr (CountsCoordinates) log_.pull(m);
  }

  /// How often each coordinate was updated since worker m's pull; null where they are not counted.
  std::uint32_t const* updates_since(int m) {
    if constexpr (CountsCoordinates) log_.count(m, updates_);
    return updates_.data();
  }
  /// Where the next update says what it has touched; null where that is not counted.
  std::uint8_t* touched() { return touched_.data(); }
  /// It was that of this step.
  void note_update([[maybe_unused]] std::int64_t now) {
    if constexpr (CountsCoordinates) {
      log_.add(touched_);
      for (; !ages_.empty() && now - ages_.begin()->first > *oldest_; ages_.erase(ages_.begin()))
        log_.end(ages_.begin()->second);
    }
  }
  /// What counting takes in memory.
  std::int64_t bytes() const { return CountsCoordinates ? log_.bytes() : words(); }

  /// With or without what was counted.
  void save(checkpoint_writer& out, bool counts) const {
    out.add(std::span<pull const>(pulls_));
    if (counts) log_.save(out);
  }
  /// What was saved of as many workers and coordinates.
  /// errors  bad_checkpoint
  outstanding_pulls saved_in(checkpoint_reader& in, bool counts) const {
    outstanding_pulls then = *this;
    then.pulls_ = in.template get_all<pull>();
    if (then.pulls_.size() != pulls_.size()) in.fail("an array has another size");
    then.ages_.clear();
    if (!counts) return then;
    then.log_ = log_.saved_in(in);
    if (CountsCoordinates && oldest_)
      for (std::size_t m = 0; m < then.pulls_.size(); ++m)
        if (then.log_.has_pull(static_cast<int>(m))) then.ages_.insert({then.pulls_[m].step, static_cast<int>(m)});
    return then;
  }
  /// No number is given again that a push on its way has.
  void count_on_from(outstanding_pulls const& now) {
    for (std::size_t m = 0; m < pulls_.size(); ++m)
      pulls_[m].number = std::max(pulls_[m].number, now.pulls_[m].number);
  }

 private:
  std::int64_t words() const { return static_cast<std::int64_t>(pulls_.size() * sizeof(std::int64_t)); }

  std::vector<pull> pulls_;
  update_log log_;
  std::optional<std::int64_t> oldest_;
  std::set<std::pair<std::int64_t, int>> ages_;  // of pulls, while the log has them: the step, and whose

  // Kept to reuse their memory.
  std::vector<std::uint32_t> updates_;
  std::vector<std::uint8_t> touched_;
};

SADDLE_NAMESPACE_END
