; The rma-donor command: a file in a folder that is on every user's PATH. Nothing is changed for other users.
!define COMMAND_FILE "$LOCALAPPDATA\Microsoft\WindowsApps\rma-donor.cmd"

!macro customInstall
  FileOpen $0 "${COMMAND_FILE}" w
  FileWrite $0 '@call "$INSTDIR\resources\bin\rma-donor.cmd" %*$\r$\n'
  FileClose $0
!macroend

; Jobs are finished and the network is told before the files go: the app is asked to end, and the installer's own check
; ends what does not.
!macro customUnInit
  IfFileExists "$INSTDIR\${APP_EXECUTABLE_FILENAME}" 0 +2
  ExecWait '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" --quit'
!macroend

!macro customUnInstall
  ${ifNot} ${isUpdated}
    Delete "${COMMAND_FILE}"
    DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Run" "org.rmadonor.desktop"
    DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run" "org.rmadonor.desktop"
    ; Asked, and kept unless somebody says so: a silent uninstall (/SD) keeps it.
    MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "Delete the data of RMA Donor as well? Its identity, settings and the record of what you gave cannot be had again." /SD IDNO IDNO keepData
    RMDir /r "$LOCALAPPDATA\rma-donor"
    keepData:
  ${endIf}
!macroend
