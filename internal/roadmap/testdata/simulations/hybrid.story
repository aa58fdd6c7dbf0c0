The case starts.
   the case: null -> active
   Initial Setup: available -> active
   Core Services, Advanced Features, Continuous Improvement: available
   Initial Setup / Hardware Assembly & Connection: available -> active
   Initial Setup / BIOS/UEFI Configuration, Host Operating System Installation, Host OS Installed & Bootable, Basic Network Configuration, Host Network Connectivity Established, The Base of a Host, Host Base Ready, Secure Remote Access (SSH), Secure Remote Access Configured, Basic Firewall Setup, Basic Firewall Rules Applied, Initial Setup: Exit Criteria Met: available
1. choose_container_platform is "docker"
2. foundation_hardware_recognised is true
3. complete foundation.hardware-assembly
   Initial Setup / Hardware Assembly & Connection: active -> completed
   Initial Setup / BIOS/UEFI Configuration: available -> active
4. complete foundation.firmware
   Initial Setup / BIOS/UEFI Configuration: active -> completed
   Initial Setup / Host Operating System Installation: available -> active
5. foundation_os_supported is true
6. complete foundation.operating-system
   Initial Setup / Host Operating System Installation: active -> completed
   Initial Setup / Host OS Installed & Bootable: available -> completed
   Initial Setup / Basic Network Configuration: available -> active
7. foundation_network_stable is true
8. complete foundation.network
   Initial Setup / Basic Network Configuration: active -> completed
   Initial Setup / Host Network Connectivity Established: available -> completed
   Initial Setup / The Base of a Host: available -> active
9. foundation_time_synchronised is true, foundation_updates_on is true
10. complete foundation.host-base
   Initial Setup / The Base of a Host: active -> completed
   Initial Setup / Host Base Ready: available -> completed
   Initial Setup / Secure Remote Access (SSH): available -> active
11. foundation_ssh_access is true
12. complete foundation.secure-remote-access
   Initial Setup / Secure Remote Access (SSH): active -> completed
   Initial Setup / Secure Remote Access Configured: available -> completed
   Initial Setup / Basic Firewall Setup: available -> active
13. fault foundation.firewall
   Initial Setup / Basic Firewall Setup: active -> failed
14. reactivate foundation.firewall
   Initial Setup / Basic Firewall Setup: failed -> active
15. foundation_firewall_blocks is true
16. complete foundation.firewall
   Initial Setup / Basic Firewall Setup: active -> completed
   Initial Setup / Basic Firewall Rules Applied, Initial Setup: Exit Criteria Met: available -> completed
   Core Services: available -> active
   Core Services / Containerization Platform Setup: available -> active
   Core Services / Container Platform Operational, Reverse Proxy Deployment, Reverse Proxy Routing HTTP, TLS Certificate Management, Secure HTTPS Access Established: available
   Core Services / VPN Service Setup: available -> active
   Core Services / VPN Service Operational, Basic Monitoring Setup, Basic System & Container Monitoring Active: available
   Core Services / Backup Solution Implementation: available -> active
   Core Services / Initial Backup Strategy Implemented, Core Services: Exit Criteria Met: available
   Advanced Features: available -> active
   Advanced Features / Automation Platform(s) Operational, AI/ML Serving/Training Environment Ready, Data Services Deployed, Centralized Logging and Alerting Active, Secure Secrets Management Implemented, Automated Build/Deployment Pipeline Established, Service Mesh Deployed and Configured, Advanced Features: Exit Criteria Met: available
   Continuous Improvement: available -> active
   Continuous Improvement / Due: Review and Update Services, Due: Watch Resources and Plan Upgrades, Due: Refine Dashboards and Alerts, Due: Audit Security, Due: Test Recovery from Backups, Due: Explore New Technologies: available
17. suspend case
   the case, Initial Setup, Core Services: active -> suspended
   Core Services / Containerization Platform Setup: active -> suspended
   Core Services / Container Platform Operational, Reverse Proxy Deployment, Reverse Proxy Routing HTTP, TLS Certificate Management, Secure HTTPS Access Established: available -> suspended
   Core Services / VPN Service Setup: active -> suspended
   Core Services / VPN Service Operational, Basic Monitoring Setup, Basic System & Container Monitoring Active: available -> suspended
   Core Services / Backup Solution Implementation: active -> suspended
   Core Services / Initial Backup Strategy Implemented, Core Services: Exit Criteria Met: available -> suspended
   Advanced Features: active -> suspended
   Advanced Features / Automation Platform(s) Operational, AI/ML Serving/Training Environment Ready, Data Services Deployed, Centralized Logging and Alerting Active, Secure Secrets Management Implemented, Automated Build/Deployment Pipeline Established, Service Mesh Deployed and Configured, Advanced Features: Exit Criteria Met: available -> suspended
   Continuous Improvement: active -> suspended
   Continuous Improvement / Due: Review and Update Services, Due: Watch Resources and Plan Upgrades, Due: Refine Dashboards and Alerts, Due: Audit Security, Due: Test Recovery from Backups, Due: Explore New Technologies: available -> suspended
18. {"do":"complete","item":"core.container-platform"}
   refused: Core Services/Containerization Platform Setup is suspended; complete needs it active
19. reactivate case
   the case, Initial Setup, Core Services: suspended -> active
   Core Services / Containerization Platform Setup: suspended -> active
   Core Services / Container Platform Operational, Reverse Proxy Deployment, Reverse Proxy Routing HTTP, TLS Certificate Management, Secure HTTPS Access Established: suspended -> available
   Core Services / VPN Service Setup: suspended -> active
   Core Services / VPN Service Operational, Basic Monitoring Setup, Basic System & Container Monitoring Active: suspended -> available
   Core Services / Backup Solution Implementation: suspended -> active
   Core Services / Initial Backup Strategy Implemented, Core Services: Exit Criteria Met: suspended -> available
   Advanced Features: suspended -> active
   Advanced Features / Automation Platform(s) Operational, AI/ML Serving/Training Environment Ready, Data Services Deployed, Centralized Logging and Alerting Active, Secure Secrets Management Implemented, Automated Build/Deployment Pipeline Established, Service Mesh Deployed and Configured, Advanced Features: Exit Criteria Met: suspended -> available
   Continuous Improvement: suspended -> active
   Continuous Improvement / Due: Review and Update Services, Due: Watch Resources and Plan Upgrades, Due: Refine Dashboards and Alerts, Due: Audit Security, Due: Test Recovery from Backups, Due: Explore New Technologies: suspended -> available
20. plan improvement.capacity
   Continuous Improvement / Watch Resources and Plan Upgrades: available
21. plan expansion.refine-authentication
   Advanced Features / Refine Authentication: available
22. core_containers_run is true
23. complete core.container-platform
   Core Services / Containerization Platform Setup: active -> completed
   Core Services / Container Platform Operational: available -> completed
   Core Services / Reverse Proxy Deployment, Basic Monitoring Setup: available -> active
24. core_http_routed is true, core_names_resolve is true
25. complete core.reverse-proxy
   Core Services / Reverse Proxy Deployment: active -> completed
   Core Services / Reverse Proxy Routing HTTP: available -> completed
   Core Services / TLS Certificate Management: available -> active
26. core_certificates_valid is true, core_https_served is true
27. complete core.tls
   Core Services / TLS Certificate Management: active -> completed
   Core Services / Secure HTTPS Access Established: available -> completed
28. core_vpn_connects is true
29. complete core.vpn
   Core Services / VPN Service Setup: active -> completed
   Core Services / VPN Service Operational: available -> completed
30. core_metrics_visible is true
31. complete core.monitoring
   Core Services / Basic Monitoring Setup: active -> completed
   Core Services / Basic System & Container Monitoring Active: available -> completed
32. core_backup_restores is true
33. complete core.backup
   Core Services / Backup Solution Implementation: active -> completed
   Core Services / Initial Backup Strategy Implemented, Core Services: Exit Criteria Met: available -> completed
34. {"do":"complete","item":"improvement.capacity"}
   refused: Continuous Improvement/Watch Resources and Plan Upgrades is available; complete needs it active
35. unplan expansion.refine-authentication
   Advanced Features / Refine Authentication: available -> terminated
36. expansion_security_reviewed is true
   Advanced Features / Advanced Features: Exit Criteria Met: available -> completed
37. complete foundation
   Initial Setup: active -> completed
38. complete core
   Core Services: active -> completed
39. complete expansion
   Advanced Features: active -> completed
40. complete improvement
   Continuous Improvement: active -> completed
   Continuous Improvement / Watch Resources and Plan Upgrades: available -> terminated
   the case: active -> completed
