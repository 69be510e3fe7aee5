"""The gateway's own responses, which the embedded API Gateway does not read from the API's definition."""

from __future__ import annotations

from typing import Any

from infra.aws_clients import Clients

GATEWAY_RESPONSES_EXTENSION = "x-amazon-apigateway-gateway-responses"
# The embedded gateway leaves these variables empty.
BASE_URL = "https://$context.domainName/$context.stage"


def put_gateway_responses(clients: Clients, api_id: str, stage: str, template: dict[str, Any], url: str) -> None:
    """Put the template's gateway responses, as the real service does when it imports the definition."""
    responses = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"][GATEWAY_RESPONSES_EXTENSION]
    gateway = clients("apigateway")
    for kind, response in responses.items():
        status = {"statusCode": response["statusCode"]} if "statusCode" in response else {}
        gateway.put_gateway_response(
            restApiId=api_id,
            responseType=kind,
            responseParameters=response["responseParameters"],
            responseTemplates={
                media: body.replace(BASE_URL, url) for media, body in response["responseTemplates"].items()
            },
            **status,
        )
    gateway.create_deployment(restApiId=api_id, stageName=stage)
