// Declares every op of the table in the namespace of one backend. Each backend's sources are compiled
// with CONVOLT_BACKEND set to cpu, emu or cuda; the last two are the same sources.
#pragma once

#include "abi.h"
#include "params.h"

namespace convolt::CONVOLT_BACKEND {

#define OP(name, inputs, outputs, Params) void name(Context&, Bufs in, Bufs out, const Params&);
#include "ops.def"
#undef OP

}  // namespace convolt::CONVOLT_BACKEND
