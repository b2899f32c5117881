<?php
// Before each script of Roundcube: where it was unpacked, where its files are, and what of Debian's library is elsewhere.
define('INSTALL_PATH', getenv('ROUNDCUBE_ROOT') . '/var/lib/roundcube/');
set_include_path(getenv('ROUNDCUBE_ROOT') . '/usr/share/php' . PATH_SEPARATOR . get_include_path());
