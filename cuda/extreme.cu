// The largest and the smallest elements along the middle axis of x [outer,size,inner], with their places: reduce.cuh,
// which says what bounds them. Of equals the first wins, and a NaN wins over all.
#include "backend.h"
#include "reduce.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

template <bool largest, class T>
struct WriteExtreme {
  T* y;
  int* index;
  DEV void operator()(int64_t result, const Extreme<largest>& found) const {
    y[result] = narrow<T>(found.value);
    index[result] = found.place == INT32_MAX ? 0 : found.place;  // of no elements
  }
};

template <bool largest>
void extreme(Context& ctx, Bufs in, Bufs out, const AxisParams& p) {
  with_float(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    reduce<Extreme<largest>>(ctx, in[0].as<T>(), p, Unchanged{}, WriteExtreme<largest, T>{out[0].as<T>(), out[1].as<int>()});
  });
}

}  // namespace

void max(Context& ctx, Bufs in, Bufs out, const AxisParams& p) { extreme<true>(ctx, in, out, p); }
void min(Context& ctx, Bufs in, Bufs out, const AxisParams& p) { extreme<false>(ctx, in, out, p); }

}  // namespace convolt::CONVOLT_BACKEND
