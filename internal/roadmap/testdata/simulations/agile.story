The case starts.
   the case: null -> active
   Initial Setup, Core Services, Advanced Features, Continuous Improvement: available -> active
   Initial Setup / Hardware Assembly & Connection: available -> active
   Initial Setup / BIOS/UEFI Configuration, Host Operating System Installation, Host OS Installed & Bootable, Basic Network Configuration, Host Network Connectivity Established, The Base of a Host, Host Base Ready, Secure Remote Access (SSH), Secure Remote Access Configured, Basic Firewall Setup, Basic Firewall Rules Applied, Initial Setup: Exit Criteria Met: available
   Core Services / Containerization Platform Setup, Container Platform Operational, Reverse Proxy Deployment, Reverse Proxy Routing HTTP, TLS Certificate Management, Secure HTTPS Access Established, VPN Service Setup, VPN Service Operational, Basic Monitoring Setup, Basic System & Container Monitoring Active, Backup Solution Implementation, Initial Backup Strategy Implemented, Core Services: Exit Criteria Met: available
   Advanced Features / Automation Platform(s) Operational, AI/ML Serving/Training Environment Ready, Data Services Deployed, Centralized Logging and Alerting Active, Secure Secrets Management Implemented, Automated Build/Deployment Pipeline Established, Service Mesh Deployed and Configured, Advanced Features: Exit Criteria Met: available
   Continuous Improvement / Due: Review and Update Services, Due: Watch Resources and Plan Upgrades, Due: Refine Dashboards and Alerts, Due: Audit Security, Due: Test Recovery from Backups, Due: Explore New Technologies: available
1. choose_container_platform is "docker"
2. plan expansion.automation
   Advanced Features / Automation Platform Deployment: available
3. plan foundation.version-control
   Initial Setup / Version Control Setup: available -> active
4. foundation_configuration_committed is true
5. complete foundation.version-control
   Initial Setup / Version Control Setup: active -> completed
6. foundation_hardware_recognised is true
7. complete foundation.hardware-assembly
   Initial Setup / Hardware Assembly & Connection: active -> completed
   Initial Setup / BIOS/UEFI Configuration: available -> active
8. complete foundation.firmware
   Initial Setup / BIOS/UEFI Configuration: active -> completed
   Initial Setup / Host Operating System Installation: available -> active
9. foundation_os_supported is true
10. complete foundation.operating-system
   Initial Setup / Host Operating System Installation: active -> completed
   Initial Setup / Host OS Installed & Bootable: available -> completed
   Initial Setup / Basic Network Configuration: available -> active
   Core Services / Backup Solution Implementation: available -> active
11. foundation_network_stable is true
12. complete foundation.network
   Initial Setup / Basic Network Configuration: active -> completed
   Initial Setup / Host Network Connectivity Established: available -> completed
   Initial Setup / The Base of a Host: available -> active
13. foundation_time_synchronised is true, foundation_updates_on is true
14. complete foundation.host-base
   Initial Setup / The Base of a Host: active -> completed
   Initial Setup / Host Base Ready: available -> completed
   Initial Setup / Secure Remote Access (SSH): available -> active
15. foundation_ssh_access is true
16. complete foundation.secure-remote-access
   Initial Setup / Secure Remote Access (SSH): active -> completed
   Initial Setup / Secure Remote Access Configured: available -> completed
   Initial Setup / Basic Firewall Setup: available -> active
   Core Services / Containerization Platform Setup: available -> active
17. foundation_firewall_blocks is true
18. complete foundation.firewall
   Initial Setup / Basic Firewall Setup: active -> completed
   Initial Setup / Basic Firewall Rules Applied, Initial Setup: Exit Criteria Met: available -> completed
   Core Services / VPN Service Setup: available -> active
   Initial Setup: active -> completed
19. core_containers_run is true
20. complete core.container-platform
   Core Services / Containerization Platform Setup: active -> completed
   Core Services / Container Platform Operational: available -> completed
   Core Services / Reverse Proxy Deployment, Basic Monitoring Setup: available -> active
21. core_http_routed is true, core_names_resolve is true
22. complete core.reverse-proxy
   Core Services / Reverse Proxy Deployment: active -> completed
   Core Services / Reverse Proxy Routing HTTP: available -> completed
   Core Services / TLS Certificate Management: available -> active
   Advanced Features / Automation Platform Deployment: available -> active
23. core_certificates_valid is true, core_https_served is true
24. complete core.tls
   Core Services / TLS Certificate Management: active -> completed
   Core Services / Secure HTTPS Access Established: available -> completed
25. core_vpn_connects is true
26. complete core.vpn
   Core Services / VPN Service Setup: active -> completed
   Core Services / VPN Service Operational: available -> completed
27. core_metrics_visible is true
28. complete core.monitoring
   Core Services / Basic Monitoring Setup: active -> completed
   Core Services / Basic System & Container Monitoring Active: available -> completed
29. core_backup_restores is true
30. complete core.backup
   Core Services / Backup Solution Implementation: active -> completed
   Core Services / Initial Backup Strategy Implemented, Core Services: Exit Criteria Met: available -> completed
31. expansion_automation_works is true
32. complete expansion.automation
   Advanced Features / Automation Platform Deployment: active -> completed
   Advanced Features / Automation Platform(s) Operational: available -> completed
33. expansion_security_reviewed is true
   Advanced Features / Advanced Features: Exit Criteria Met: available -> completed
34. {"do":"complete","item":"foundation"}
   refused: Initial Setup is completed; complete needs it active
35. complete core
   Core Services: active -> completed
36. complete expansion
   Advanced Features: active -> completed
37. complete improvement
   Continuous Improvement, the case: active -> completed
