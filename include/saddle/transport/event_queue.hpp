#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// What is to happen, by time. Of two events at one time that comes first which was added first.
///
/// Events that are added in the order of their times, as those of a busy port are, wait in a few lines and cost the
/// same however many there are; the others wait in a heap.
template <class Event>
class event_queue {
 public:
  struct entry {
    double time;
    std::uint64_t number;
    Event what;
  };

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  void add(double time, Event what) {
    entry const e{time, added_++, what};
    ++size_;
    line* closest = nullptr;  // of those that end before it
    for (line& l : lines_)
      if (l.last() <= time && (closest == nullptr || closest->last() < l.last())) closest = &l;
    if (closest != nullptr) return closest->add(e);
    heap_.push_back(e);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  /// All that is to happen, in the order in which it will: added in this order to another queue, they happen as here.
  std::vector<entry> in_order() const {
    std::vector<entry> all = heap_;
    for (line const& l : lines_) all.insert(all.end(), l.waiting().begin(), l.waiting().end());
    std::sort(all.begin(), all.end(), [](entry const& a, entry const& b) { return later(b, a); });
    return all;
  }
  /// The next one, of a queue that is not empty.
  entry take() {
    --size_;
    line* next = nullptr;
    for (line& l : lines_)
      if (!l.empty() && (next == nullptr || later(next->first(), l.first()))) next = &l;
    if (next != nullptr && (heap_.empty() || later(heap_.front(), next->first()))) return next->take();
    std::pop_heap(heap_.begin(), heap_.end(), later);
    entry const e = heap_.back();
    heap_.pop_back();
    return e;
  }

 private:
  static bool later(entry const& a, entry const& b) {
    return a.time != b.time ? a.time > b.time : a.number > b.number;
  }
  class line {
   public:
    bool empty() const { return first_ == entries_.size(); }
    double last() const { return empty() ? std::numeric_limits<double>::lowest() : entries_.back().time; }
    entry const& first() const { return entries_[first_]; }
    std::span<entry const> waiting() const { return std::span(entries_).subspan(first_); }
    void add(entry const& e) {
      if (first_ > entries_.size() / 2) {  // room that was left
        entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
      }
      entries_.push_back(e);
    }
    entry take() { return entries_[first_++]; }

   private:
    std::vector<entry> entries_;
    std::size_t first_ = 0;
  };

  line lines_[4];
  std::vector<entry> heap_;
  std::size_t size_ = 0;
  std::uint64_t added_ = 0;
};

SADDLE_NAMESPACE_END
