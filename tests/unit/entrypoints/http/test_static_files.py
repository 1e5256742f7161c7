"""Static files: compressed for who accepts it, and sent again only if they have changed."""

import gzip

import pytest

from entrypoints.http.static_files import StaticFile

TEXT = b"Hello, hello, hello, hello, hello, hello, hello, hello, hello, hello."
FILE = StaticFile.of(TEXT, "text/plain")


@pytest.mark.parametrize("accepted", [b"gzip", b"br, GZIP", b"deflate;q=1,gzip;q=0.5", b"*", b"gzip; q=0.05, br"])
def test_a_file_is_compressed_for_who_accepts_it(accepted: bytes) -> None:
    response = FILE.response([(b"accept-encoding", accepted)])

    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content) == TEXT


@pytest.mark.parametrize("accepted", [b"", b"br", b"gzip;q=0", b"gzip; q=0.000, br", b"xgzip"])
def test_a_file_is_sent_as_it_is_to_others(accepted: bytes) -> None:
    response = FILE.response([(b"accept-encoding", accepted)])

    assert "Content-Encoding" not in response.headers
    assert response.content == TEXT


def test_a_file_that_gains_nothing_is_not_compressed() -> None:
    response = StaticFile.of(b"x", "text/plain").response([(b"accept-encoding", b"gzip")])

    assert (response.content, response.headers.get("Content-Encoding")) == (b"x", None)


def test_each_representation_has_an_etag_of_its_content() -> None:
    etags = {
        FILE.response([]).headers["ETag"],
        FILE.response([(b"accept-encoding", b"gzip")]).headers["ETag"],
        StaticFile.of(TEXT + b"!", "text/plain").response([]).headers["ETag"],
    }

    assert len(etags) == 3
    assert FILE.response([]).headers["ETag"] == StaticFile.of(TEXT, "text/plain").response([]).headers["ETag"]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_a_file_that_the_client_has_is_not_sent_again(form: str) -> None:
    etag = FILE.response([]).headers["ETag"]

    response = FILE.response([(b"if-none-match", form.format(etag).encode())])

    assert (response.status_code, response.content, response.headers["ETag"]) == (304, b"", etag)


def test_the_etag_of_another_representation_does_not_count() -> None:
    etag = FILE.response([]).headers["ETag"]

    response = FILE.response([(b"if-none-match", etag.encode()), (b"accept-encoding", b"gzip")])

    assert response.status_code in {200, None}
    assert gzip.decompress(response.content) == TEXT
