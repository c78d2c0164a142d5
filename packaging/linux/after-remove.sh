#!/bin/bash

# Delete the link to the binary
# update-alternatives --remove <name> <path>: 'path' must be the registered alternative binary,
# not the generic symlink — see https://man7.org/linux/man-pages/man1/update-alternatives.1.html
if type update-alternatives >/dev/null 2>&1; then
    update-alternatives --remove '${executable}' '/opt/${sanitizedProductName}/${executable}'
else
    rm -f '/usr/bin/${executable}'
fi

APPARMOR_PROFILE_DEST='/etc/apparmor.d/${executable}'

# Remove and unload apparmor profile.
if [ -f "$APPARMOR_PROFILE_DEST" ]; then
  # Unload the profile from the running kernel before deleting the file so the
  # policy is not left enforced until the next reboot.  Mirror the chroot guard
  # used in the after-install script — live AppArmor operations are not
  # meaningful inside a chroot.
  # https://wiki.debian.org/AppArmor/HowToUse
  if apparmor_status --enabled > /dev/null 2>&1; then
    if ! { [ -x '/usr/bin/ischroot' ] && /usr/bin/ischroot; } && hash apparmor_parser 2>/dev/null; then
      apparmor_parser --remove "$APPARMOR_PROFILE_DEST" || true
    fi
  fi
  rm -f "$APPARMOR_PROFILE_DEST"
fi

# An upgrade puts the next version in the place of this one; a removal leaves nothing running. Data folders are their
# owners': they are named, and never deleted here.
if [ "$1" = remove ] || [ "$1" = purge ] || [ "$1" = 0 ]; then
  rm -f /usr/bin/rma-donor
  for signal in TERM KILL; do
    running=
    for exe in /proc/[0-9]*/exe; do
      case $(readlink "$exe" 2>/dev/null) in
        '/opt/${sanitizedProductName}/${executable}'*)
          pid=${exe#/proc/}
          running=1
          kill -s "$signal" "${pid%/exe}" 2>/dev/null || true
          ;;
      esac
    done
    [ -z "$running" ] || [ "$signal" = KILL ] || sleep 5
  done
  echo 'rma-donor: what it knows and what was given is still in ~/.local/share/rma-donor of each user; delete that folder if you no longer want it.'
fi
