The case starts.
   the case: null -> active
   Initial Setup: available -> active
   Core Services, Advanced Features, Continuous Improvement: available
   Initial Setup / Hardware Assembly & Connection: available -> active
   Initial Setup / BIOS/UEFI Configuration, Host Operating System Installation, Host OS Installed & Bootable, Basic Network Configuration, Host Network Connectivity Established, The Base of a Host, Host Base Ready, Secure Remote Access (SSH), Secure Remote Access Configured, Basic Firewall Setup, Basic Firewall Rules Applied, Initial Setup: Exit Criteria Met: available
1. choose_container_platform is "docker"
2. {"plan":"core.container-platform"}
   refused: "core.container-platform": it is no discretionary item
3. {"do":"complete","item":"foundation.firewall"}
   refused: Initial Setup/Basic Firewall Setup is available; complete needs it active
4. foundation_hardware_recognised is true
5. complete foundation.hardware-assembly
   Initial Setup / Hardware Assembly & Connection: active -> completed
   Initial Setup / BIOS/UEFI Configuration: available -> active
6. complete foundation.firmware
   Initial Setup / BIOS/UEFI Configuration: active -> completed
   Initial Setup / Host Operating System Installation: available -> active
7. foundation_os_supported is true
8. complete foundation.operating-system
   Initial Setup / Host Operating System Installation: active -> completed
   Initial Setup / Host OS Installed & Bootable: available -> completed
   Initial Setup / Basic Network Configuration: available -> active
9. foundation_network_stable is true
10. complete foundation.network
   Initial Setup / Basic Network Configuration: active -> completed
   Initial Setup / Host Network Connectivity Established: available -> completed
   Initial Setup / The Base of a Host: available -> active
11. foundation_time_synchronised is true, foundation_updates_on is true
12. complete foundation.host-base
   Initial Setup / The Base of a Host: active -> completed
   Initial Setup / Host Base Ready: available -> completed
   Initial Setup / Secure Remote Access (SSH): available -> active
13. foundation_ssh_access is true
14. complete foundation.secure-remote-access
   Initial Setup / Secure Remote Access (SSH): active -> completed
   Initial Setup / Secure Remote Access Configured: available -> completed
   Initial Setup / Basic Firewall Setup: available -> active
15. foundation_firewall_blocks is true
16. complete foundation.firewall
   Initial Setup / Basic Firewall Setup: active -> completed
   Initial Setup / Basic Firewall Rules Applied, Initial Setup: Exit Criteria Met: available -> completed
   Initial Setup: active -> completed
   Core Services: available -> active
   Core Services / Containerization Platform Setup: available -> active
   Core Services / Container Platform Operational, Reverse Proxy Deployment, Reverse Proxy Routing HTTP, TLS Certificate Management, Secure HTTPS Access Established: available
   Core Services / VPN Service Setup: available -> active
   Core Services / VPN Service Operational, Basic Monitoring Setup, Basic System & Container Monitoring Active: available
   Core Services / Backup Solution Implementation: available -> active
   Core Services / Initial Backup Strategy Implemented, Core Services: Exit Criteria Met: available
17. core_containers_run is true
18. complete core.container-platform
   Core Services / Containerization Platform Setup: active -> completed
   Core Services / Container Platform Operational: available -> completed
   Core Services / Reverse Proxy Deployment, Basic Monitoring Setup: available -> active
19. core_http_routed is true, core_names_resolve is true
20. complete core.reverse-proxy
   Core Services / Reverse Proxy Deployment: active -> completed
   Core Services / Reverse Proxy Routing HTTP: available -> completed
   Core Services / TLS Certificate Management: available -> active
21. core_certificates_valid is true, core_https_served is true
22. complete core.tls
   Core Services / TLS Certificate Management: active -> completed
   Core Services / Secure HTTPS Access Established: available -> completed
23. core_vpn_connects is true
24. complete core.vpn
   Core Services / VPN Service Setup: active -> completed
   Core Services / VPN Service Operational: available -> completed
25. core_metrics_visible is true
26. complete core.monitoring
   Core Services / Basic Monitoring Setup: active -> completed
   Core Services / Basic System & Container Monitoring Active: available -> completed
27. core_backup_restores is true
28. complete core.backup
   Core Services / Backup Solution Implementation: active -> completed
   Core Services / Initial Backup Strategy Implemented, Core Services: Exit Criteria Met: available -> completed
   Core Services: active -> completed
   Advanced Features: available -> active
   Advanced Features / Automation Platform(s) Operational, AI/ML Serving/Training Environment Ready, Data Services Deployed, Centralized Logging and Alerting Active, Secure Secrets Management Implemented, Automated Build/Deployment Pipeline Established, Service Mesh Deployed and Configured, Advanced Features: Exit Criteria Met: available
29. {"plan":"expansion.service-mesh"}
   refused: Service Mesh: it does not apply: choose_container_platform in ["k3s", "k0s", "rke2", "existing"]
30. {"do":"complete","item":"expansion"}
   refused: Advanced Features: it is not complete: "Advanced Features: Exit Criteria Met" is available
31. plan expansion.automation
   Advanced Features / Automation Platform Deployment: available -> active
32. expansion_automation_works is true
33. complete expansion.automation
   Advanced Features / Automation Platform Deployment: active -> completed
   Advanced Features / Automation Platform(s) Operational: available -> completed
34. plan expansion.ai
   Advanced Features / AI/ML Platform Setup: available -> active
35. expansion_ai_answers is true
36. complete expansion.ai
   Advanced Features / AI/ML Platform Setup: active -> completed
   Advanced Features / AI/ML Serving/Training Environment Ready: available -> completed
37. plan expansion.data
   Advanced Features / Data Processing & Storage: available -> active
38. expansion_data_kept is true
39. complete expansion.data
   Advanced Features / Data Processing & Storage: active -> completed
   Advanced Features / Data Services Deployed: available -> completed
40. expansion_security_reviewed is true
   Advanced Features / Advanced Features: Exit Criteria Met: available -> completed
41. complete expansion
   Advanced Features: active -> completed
   Continuous Improvement: available -> active
   Continuous Improvement / Due: Review and Update Services, Due: Watch Resources and Plan Upgrades, Due: Refine Dashboards and Alerts, Due: Audit Security, Due: Test Recovery from Backups, Due: Explore New Technologies: available
42. plan improvement.updates
   Continuous Improvement / Review and Update Services: available
43. advance to 2026-01-31T00:00:00Z
   Continuous Improvement / Due: Review and Update Services: available -> completed
   Continuous Improvement / Due: Review and Update Services #2: available
   Continuous Improvement / Review and Update Services: available -> active
   Continuous Improvement / Due: Watch Resources and Plan Upgrades: available -> completed
   Continuous Improvement / Due: Watch Resources and Plan Upgrades #2: available
   Continuous Improvement / Due: Test Recovery from Backups: available -> completed
   Continuous Improvement / Due: Test Recovery from Backups #2: available
44. complete improvement.updates
   Continuous Improvement / Review and Update Services: active -> completed
45. advance to 2026-03-02T00:00:00Z
   Continuous Improvement / Due: Review and Update Services #2: available -> completed
   Continuous Improvement / Due: Review and Update Services #3: available
   Continuous Improvement / Review and Update Services #2: available -> active
   Continuous Improvement / Due: Watch Resources and Plan Upgrades #2: available -> completed
   Continuous Improvement / Due: Watch Resources and Plan Upgrades #3: available
   Continuous Improvement / Due: Test Recovery from Backups #2: available -> completed
   Continuous Improvement / Due: Test Recovery from Backups #3: available
46. complete improvement.updates
   Continuous Improvement / Review and Update Services #2: active -> completed
47. complete improvement
   Continuous Improvement, the case: active -> completed
