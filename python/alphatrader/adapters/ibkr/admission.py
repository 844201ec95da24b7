"""What must be true of a gateway before we trade through it, and the words for when it is not."""

from alphatrader.adapters.ibkr.requests import FIRST_REQUEST_ID
from alphatrader.domain.errors import ConfigError, DataError


def choose_account(wanted: str, served: tuple[str, ...]) -> str:
    """Return the account to trade. Raises ConfigError if it is not served, or not told among several."""
    if wanted:
        if wanted not in served:
            raise ConfigError(
                f"account {wanted} is not served by this login (it serves {', '.join(served)}); "
                "set gateway.account, or log the gateway in as the right user."
            )
        return wanted
    if len(served) != 1:
        raise ConfigError(
            f"this login serves {len(served)} accounts ({', '.join(served)}); set gateway.account to one."
        )
    return served[0]


def check_order_id(next_order_id: int) -> None:
    """Raise ConfigError where order ids have grown into the range of our request ids: errors would be misread."""
    if next_order_id >= FIRST_REQUEST_ID:
        raise ConfigError(
            f"the gateway's next order id is {next_order_id}, above the {FIRST_REQUEST_ID} that this trader can use; "
            "reset it (Configure > API > Settings > Reset API order ID sequence) while no order is open."
        )


def unreadable(number: int, error: Exception) -> DataError:
    """Return the error that ends the session: messages about orders cannot be read, again and again."""
    return DataError(
        f"messages of kind {number} about orders cannot be read although the link was renewed ({error}); the gateway "
        "speaks another dialect than this client: update it, or try the other gateway.link.library."
    )
