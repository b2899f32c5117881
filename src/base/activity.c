#include "base/activity.h"

_Thread_local struct activity *activity_here;
