#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// What is to happen, by time. Of two events at one time that comes first which was added first.
template <class Event>
class event_queue {
 public:
  struct entry {
    double time;
    std::uint64_t number;
    Event what;
  };

  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  void add(double time, Event what) {
    heap_.push_back({time, added_++, what});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  /// The next one, of a queue that is not empty.
  entry take() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    entry const next = heap_.back();
    heap_.pop_back();
    return next;
  }

 private:
  static bool later(entry const& a, entry const& b) {
    return a.time != b.time ? a.time > b.time : a.number > b.number;
  }
  std::vector<entry> heap_;
  std::uint64_t added_ = 0;
};

SADDLE_NAMESPACE_END
