"""All four kinds of gRPC call by grpcio, with stubs made from the contract alone.

Arguments: address of the edge for gRPC, its base URL for the token and the account, and, for TLS, the file of the authority that vouches for the edge.
The environment has CLIENT_ID and CLIENT_SECRET. What came back goes to stdout as one JSON object.
"""

import json
import os
import ssl
import sys
import urllib.parse
import urllib.request
import uuid

import grpc

from exchange.orders.v1 import orders_pb2, orders_pb2_grpc

DEADLINE_S = 20


def asked(url, body, headers, context):
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=DEADLINE_S, context=context) as response:
        return json.load(response)


def token(base, context):
    form = {
        "grant_type": "client_credentials",
        "client_id": os.environ["CLIENT_ID"],
        "client_secret": os.environ["CLIENT_SECRET"],
    }
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return asked(base + "/oauth/token", urllib.parse.urlencode(form).encode(), headers, context)["access_token"]


def account(base, bearer, context):
    headers = {
        "authorization": bearer,
        "content-type": "application/json",
        "idempotency-key": str(uuid.uuid4()),
    }
    return asked(base + "/v1/accounts", b'{"currency":"EUR"}', headers, context)["id"]


def refusal(call):
    try:
        call()
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


def talk(orders, account_id, metadata):
    def wish(name):
        return orders_pb2.PlaceOrderRequest(
            account_id=account_id,
            client_order_id=name,
            instrument="ACME",
            side=orders_pb2.SIDE_BUY,
            quantity=3,
        )

    given = {"metadata": metadata, "timeout": DEADLINE_S}
    unary = orders.PlaceOrder(wish("unary"), **given).order
    batch = orders.PlaceBatch((orders_pb2.PlaceBatchRequest(order=wish(f"batch-{n}")) for n in range(3)), **given)
    replies = orders.Trade((orders_pb2.TradeRequest(place=wish(f"trade-{n}")) for n in range(3)), **given)
    traded = [reply.order.client_order_id for reply in replies]
    watch = orders.WatchOrders(orders_pb2.WatchOrdersRequest(account_id=account_id), **given)
    watched = []
    for change in watch:
        watched.append([change.order.client_order_id, change.order.sequence])
        if change.order.client_order_id == "trade-2" and change.order.status == orders_pb2.ORDER_STATUS_FILLED:
            break
    watch.cancel()
    return {
        "unary": [unary.client_order_id, orders_pb2.OrderStatus.Name(unary.status)],
        "batch": {"complete": batch.complete, "orders": [order.client_order_id for order in batch.orders]},
        "traded": traded,
        "watched": watched,
        "refused": {
            "no token": refusal(lambda: orders.PlaceOrder(wish("x"), timeout=DEADLINE_S)),
            "an account that is none": refusal(
                lambda: orders.ListOrders(orders_pb2.ListOrdersRequest(account_id="none"), **given)
            ),
        },
    }


def main(address, base, authority=None):
    context = ssl.create_default_context(cafile=authority) if authority else None
    if authority:
        with open(authority, "rb") as file:
            channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(file.read()))
    else:
        channel = grpc.insecure_channel(address)
    with channel:
        bearer = "Bearer " + token(base, context)
        orders = orders_pb2_grpc.OrderServiceStub(channel)
        answers = talk(orders, account(base, bearer, context), [("authorization", bearer)])
    json.dump(answers, sys.stdout)


main(*sys.argv[1:])
