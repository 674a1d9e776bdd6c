"""The demo company: Huarui Instruments 华瑞仪器, with people, customers and a year of business.

Made for trying Divan out and for tests; nothing of it is in a data directory that was not asked
for it.
"""

from plugin.runtime.demo.build import DemoReport, build_demo
from plugin.runtime.demo.people import LOGINS, PASSWORD, Login

__all__ = ["LOGINS", "PASSWORD", "DemoReport", "Login", "build_demo"]
