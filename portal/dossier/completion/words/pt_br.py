"""As frases do comprovante de plano pago. The sentences of a completion paper in Brazilian Portuguese."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "page": "Página {page} de {pages}",
    "list.pair": "{name}: {value}",
    "date.months": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "date.form": "{day} de {month} de {year}, {time}",
    "date.utc": " UTC",
    "title": "Plano de pagamento parcelado: pago integralmente",
    "lead": "Este documento trata de um plano de pagamento parcelado, cujos pagamentos um contrato inteligente em uma "
    "blockchain pública recebeu e contou. Um programa o gerou a partir de um arquivo, o dossiê, que está dentro deste "
    "PDF: ele contém os termos que as duas partes assinaram e uma prova de cada pagamento. Qualquer pessoa pode "
    "verificar ambos sem perguntar a nenhuma das partes.",
    "closed": "Tudo o que foi acordado neste plano está pago: {amount}. Na data do bloco {block}, {date}, nada mais é "
    "devido neste plano.",
    "dev": "O plano está em uma blockchain de desenvolvimento, cujos blocos qualquer pessoa pode criar para si. Este "
    "documento não prova nada a mais ninguém.",
    "plan": "O plano",
    "plan.name": "Nome (não assinado)",
    "plan.id": "Identificador do plano",
    "plan.debtor": "Endereço do devedor",
    "plan.creditor": "Endereço do credor",
    "plan.records": "Registros de assinatura (SHA-256), segundo quem exportou",
    "role.debtor": "devedor",
    "role.creditor": "credor",
    "role.guarantor": "garantidor",
    "plan.chain": "Blockchain, com seu primeiro bloco",
    "plan.chain.value": "chain id {chain}",
    "plan.book": "Contrato inteligente (RepaymentBook)",
    "plan.opened": "Aberto com as duas assinaturas",
    "plan.paid": "Último pagamento",
    "plan.as-of": "Este documento retrata a situação em",
    "plan.as-of.value": "bloco {block}, {date}",
    "totals": "Em resumo",
    "figures": "Nos números, um ponto separa os tokens inteiros de suas frações, e nada separa os milhares.",
    "totals.agreed": "Total acordado",
    "totals.principal": "Pago desse total",
    "totals.charges": "Encargos por atraso pagos",
    "totals.all": "Pago ao todo (número de pagamentos: {count})",
    "totals.left": "Ainda devido",
    "totals.withdrawable": "No contrato inteligente, à espera de que o credor retire, naquele bloco",
    "payments": "Todos os pagamentos",
    "payments.lead": "As datas são as dos blocos, em UTC. O bloco e a posição no bloco estão provados; o identificador "
    "da transação serve para consultá-la.",
    "col.number": "N.º",
    "col.date": "Data",
    "col.amount": "Valor",
    "col.sum": "Pago até aqui",
    "col.where": "Onde está na blockchain, e quem pagou",
    "amount.parts": "{principal} do total, {charges} de encargos por atraso",
    "where.block": "bloco {block}, posição {index}",
    "where.payer": "pago por",
    "terms": "Os termos que foram assinados, em números",
    "terms.total": "Total, com os juros acordados de antemão",
    "units": "{units} das menores unidades do token, como assinado e contado na blockchain",
    "terms.token": "Dinheiro (um token)",
    "terms.token.value": "{symbol}, {decimals} casas decimais, como o dossiê o chama",
    "terms.installments": "Número de parcelas",
    "terms.interval": "Tempo entre os vencimentos",
    "terms.first": "Primeiro vencimento",
    "terms.last": "Último vencimento",
    "terms.grace": "Prazo de tolerância",
    "terms.late": "Encargos por atraso, por parcela",
    "late.value": "{flat} uma vez, {daily} por dia, no máximo {cap}",
    "terms.allocation": "Um pagamento quita primeiro",
    "allocation.principal": "as parcelas",
    "allocation.charges": "os encargos por atraso",
    "terms.default": "Inadimplemento",
    "default.missed": "quando o número de parcelas atrasadas chega a {n}",
    "default.seconds": "quando uma parcela está vencida e não paga há mais de {duration}",
    "terms.pledge": "Garantia",
    "pledge.value": "{amount} das menores unidades deste token:",
    "terms.agreement": "SHA-256 do acordo",
    "terms.jurisdiction": "Jurisdição",
    "not-opened": "não revelado no dossiê",
    "none": "não há",
    "months": "{n} mês(es), no dia {day}",
    "days": "{n} dia(s)",
    "minutes": "{n} minuto(s)",
    "seconds": "{n} segundo(s)",
    "means": "O que decorre disso",
    "means.paid": "Se os blocos são blocos daquela blockchain, o contrato inteligente recebeu estes pagamentos para "
    "este plano, e eles são tudo o que os termos exigem.",
    "means.final": "Um plano pago continua pago: o contrato inteligente não tem como voltar atrás e não recebe mais "
    "nenhum pagamento para ele.",
    "means.anybody": "Quem tiver este PDF pode apresentá-lo, com ou sem a outra parte, os autores do programa ou "
    "qualquer servidor deles.",
    "not": "O que não decorre disso",
    "not.who": "Quem são as pessoas por trás dos endereços. Outros documentos mostram isso, como o acordo e os "
    "registros de assinatura das partes.",
    "not.other": "Que as partes nada devem uma à outra por outros motivos, ou que nada acordaram além deste plano.",
    "not.pledge": "Que a garantia foi devolvida ou vendida. O contrato inteligente diz o que foi feito dela.",
    "not.token": "Quanto vale o token, ou que seu emissor paga por ele. O nome e as casas decimais são palavra do "
    "dossiê até que se pergunte a um nó.",
    "not.law": "O que a lei diz a respeito. Isto não é aconselhamento jurídico.",
    "not.signed": "Que o credor assinou este documento. Ele não é recibo dado por uma pessoa nem termo de quitação; "
    "ele diz o que está na blockchain.",
    "check": "Como verificar",
    "check.program": "Com o programa: tallystick verify FILE.pdf --rpc ADDRESS, em que ADDRESS é um nó em que você "
    "confia, ou --trust com uma lista de blocos que você conhece. Ele extrai o dossiê, verifica as assinaturas e cada "
    "prova, gera este documento de novo e compara cada página.",
    "check.hand": "À mão: consulte cada transação em um explorador daquela blockchain e pergunte ao contrato "
    "inteligente pela conta do plano, com o identificador do plano. O dossiê é o anexo dossier.json; seu SHA-256 está "
    "ao pé de cada página.",
    "check.truth": "O que vale é o dossiê. Onde este documento ou sua impressão disser outra coisa, prevalece o "
    "dossiê.",
}
