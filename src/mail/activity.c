#include "mail/activity.h"

_Thread_local struct activity *activity_here;
