@echo off
rem The rma-donor command of the installed app: the app itself, without a window.
"%~dp0..\..\RMA Donor.exe" --cli -- %*
exit /b %ERRORLEVEL%
