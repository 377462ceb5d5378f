"""The report's own signature: PAdES B-LTA (ETSI EN 319 142-1) inside the PDF.

A reader of the PDF alone sees who sealed it and when: a CAdES signature with a time stamp, then
the certificates that a later check needs, then a time stamp over all of it.  Everything is added
behind the report's own bytes, which stay as they were written.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path

from asn1crypto import pem, tsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError

from archive.cms import Key
from archive.errors import AuthorityRefusedError
from archive.signers import signer_of

__all__ = ["sign_pdf"]

# The library warns that nothing is fetched, which is how we want it.
logging.getLogger("pyhanko.sign.signers.pdf_signer").setLevel(logging.ERROR)

_DIGEST = "sha256"
_FIELD = "Seal"


class _Stamper(TimeStamper):
    """Hands what is to be stamped to an authority of ours, which checks the reply."""

    def __init__(self, stamp_hash: Callable[[bytes], bytes]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._stamp_hash = stamp_hash

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Return the reply to the library's request: its hash is all we take of it."""
        digest = req["message_imprint"]["hashed_message"].native
        # An authority blocks, and one on trial runs a loop of its own.
        return tsp.TimeStampResp.load(await asyncio.to_thread(self._stamp_hash, digest))

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> object:
        """Return the token over ``message_digest``; the nonce was the authority's to check."""
        request = tsp.TimeStampReq(
            {
                "version": 1,
                "message_imprint": {
                    "hash_algorithm": {"algorithm": md_algorithm},
                    "hashed_message": message_digest,
                },
            }
        )
        reply = await self.async_request_tsa_response(request)
        return reply["time_stamp_token"]


def sign_pdf(  # noqa: PLR0913  (what a signature is made of)
    path: Path,
    *,
    key: Key,
    chain: Sequence[bytes],
    now: datetime,
    stamp_hash: Callable[[bytes], bytes],
    trusted_pem: bytes,
    crls: Sequence[bytes] = (),
) -> None:
    """Sign the PDF at ``path`` in its place.

    ``key`` is as for `archive.cms`, ``chain`` the certificates from the signer's to the root's, in
    DER.  ``stamp_hash`` takes a SHA-256 and gives an authority's checked reply, ``trusted_pem``
    are the certificates that this authority is checked against, ``crls`` lists of revoked
    certificates (DER), which go into the file.  Raises `AuthorityRefusedError`
    where a certificate leads to none of them.
    """
    certificates = [x509.Certificate.load(one) for one in chain]
    authorities = [x509.Certificate.load(der) for _, _, der in pem.unarmor(trusted_pem, True)]  # noqa: FBT003
    metadata = PdfSignatureMetadata(
        field_name=_FIELD,
        md_algorithm=_DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        embed_validation_info=True,
        use_pades_lta=True,
        validation_context=ValidationContext(
            trust_roots=[certificates[-1], *authorities],
            other_certs=certificates,
            allow_fetching=False,
            crls=list(crls),
            # A station's own root need not publish lists of what it revoked.
            revocation_mode="soft-fail",
            moment=now,
        ),
    )
    signer = PdfSigner(
        metadata,
        signer_of(key, chain, roots=False),
        timestamper=_Stamper(stamp_hash),
    )
    writer = IncrementalPdfFileWriter(BytesIO(path.read_bytes()))
    try:
        signed = asyncio.run(signer.async_sign_pdf(writer, in_place=False))
    except (SigningError, PathError) as error:
        raise AuthorityRefusedError(
            f"the report cannot be signed so that it can be checked later: {error}"
        ) from None
    path.write_bytes(signed.getvalue())
