/* The courier's question how mail for a domain travels. A rule counts for each connection that is made from then on: nothing is kept between here
 * and there. */
#pragma once

#define TRANSPORT_TLS "tls" /* a level's name (policy/transport_levels.def) */
