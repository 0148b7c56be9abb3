"""The keeper's world: addresses and the operator's contacts; and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from support.plans import TOKEN

from settlement.context import Addresses, operator_contacts
from settlement.keeper.ladder import Role
from settlement.service_errors import ContactInvalid, ContactSecret, ContractUnknown


class TestOperatorContacts:
    def test_are_named_after_their_addresses_whatever_the_order(self) -> None:
        one, two = "json://hook.test/a", "mailto://mx.test/?from=a@a.test&to=b@b.test"
        assert operator_contacts([one, two]) == operator_contacts([two, one])
        contacts = operator_contacts([one, two], "zh-Hans")
        assert {contact.role for contact in contacts} == {Role.OPERATOR}
        assert {contact.locale for contact in contacts} == {"zh-Hans"}
        assert len({contact.channel for contact in contacts}) == 2
        assert all(len(contact.channel) <= 20 for contact in contacts)

    def test_refuses_what_cannot_be_used_and_passwords(self) -> None:
        with pytest.raises(ContactInvalid):
            operator_contacts(["nosuch://x"])
        with pytest.raises(ContactSecret):
            operator_contacts(["mailtos://me:hunter2@mail.test/?to=x@y.test"])


class TestAddresses:
    def test_missing_contract_is_named_with_its_chain(self) -> None:
        with pytest.raises(ContractUnknown, match="EscrowBook on chain 31338"):
            Addresses(TOKEN).require_escrow_book(31338)
        with pytest.raises(ContractUnknown, match="Collateral on chain 31338"):
            Addresses(TOKEN).require_collateral(31338)
        assert Addresses(TOKEN, collateral=TOKEN).require_collateral(1) == TOKEN


def test_reading_plans_imports_no_engine_no_mail_and_no_keys() -> None:
    heavy = "{'apprise', 'requests', 'jinja2', 'dbos', 'web3', 'eth_account', 'httpx'}"
    code = f"import sys, settlement.records, settlement.context; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
